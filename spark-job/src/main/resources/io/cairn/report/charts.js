/* Copyright The Cairn Authors, SPDX-License-Identifier: Apache-2.0 */
/* A chart with a legend that can be switched, a cursor that keys move, and its numbers as a table. Drawn by uPlot. */
const CairnCharts = (function () {
  'use strict';
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [14, 4]];
  const ROWS = 100;
  const all = [];

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === 'class') made.className = value;
      else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.filter(child => child !== null && child !== undefined));
    return made;
  }

  function number(value) {
    if (value === null || value === undefined) return '–';
    if (Number.isInteger(value)) return value.toLocaleString('en');
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(4);
    return String(Number(value.toPrecision(6)));
  }

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  }

  function seriesColor(index) { return color('c' + index % 7); }

  function translucent(css) {
    return css + '33';
  }

  function sum(series, i, upTo) {
    let total = 0;
    for (let s = 0; s <= upTo; s++) total += series[s].y[i] || 0;
    return total;
  }

  /*
   * chart: {title, unit, note, series: [{name, x, y, min, max, dots, counts}], stacked, marks: [{x, label}], log: whether it can be logarithmic,
   * or 'first', shares: both axes are shares, and have nothing to do with other charts}
   * x is ascending; min and max are there where a point stands for several updates, counts where it stands for so many examples.
   */
  class Chart {
    constructor(chart, axisName) {
      this.chart = chart;
      this.axisName = axisName;
      this.hidden = new Set();
      this.log = chart.log === 'first';
      this.plotBox = element('div', {class: 'plot', tabindex: '0', role: 'group'});
      this.plotBox.setAttribute('aria-label', chart.title + ': a chart. Arrow keys move along it, plus and minus zoom, 0 shows all of it.');
      this.plotBox.addEventListener('keydown', event => this.key(event));
      this.keyBox = element('div', {class: 'key'});
      this.readout = element('div', {class: 'faint at', 'aria-live': 'polite'});
      this.table = element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': chart.title + ' as a table'});
      const details = element('details', {ontoggle: () => { if (details.open) this.fillTable(); }},
        element('summary', {}, 'as a table'), this.table);
      const logButton = chart.log
        ? element('button', {'aria-pressed': String(this.log), onclick: event => {
            this.log = !this.log;
            event.target.setAttribute('aria-pressed', String(this.log));
            this.draw();
          }}, 'logarithmic')
        : null;
      this.box = element('section', {class: 'chart'},
        element('div', {class: 'top'}, element('h3', {}, chart.title + (chart.unit ? ', ' + chart.unit : '')), logButton),
        this.plotBox, this.keyBox, this.readout,
        chart.note ? element('div', {class: 'faint'}, chart.note) : null, details);
      all.push(this);
      new ResizeObserver(() => this.resize()).observe(this.plotBox);
    }

    width() { return Math.max(220, Math.floor(this.plotBox.clientWidth)); }

    resize() {
      if (!this.plot) this.draw();
      else if (Math.abs(this.plot.width - this.width()) > 1) this.plot.setSize({width: this.width(), height: this.height()});
    }

    height() { return window.innerWidth < 520 ? 210 : 250; }

    shown() { return this.chart.series.filter(series => !this.hidden.has(series.name)); }

    draw() {
      if (this.plotBox.clientWidth === 0) return;
      if (this.plot) this.plot.destroy();
      const shown = this.shown();
      const built = this.chart.stacked ? this.stacked(shown) : this.lines(shown);
      const ink = color('faint');
      const axis = {stroke: ink, grid: {stroke: color('grid'), width: 1}, ticks: {stroke: color('grid'), width: 1}, font: '12px system-ui, sans-serif'};
      this.plot = new uPlot({
        width: this.width(), height: this.height(),
        scales: this.chart.shares ? {x: {time: false, range: [0, 1]}, y: {range: [0, 1]}} : {x: {time: false}, y: this.log ? {distr: 3} : this.chart.stacked ? {range: (u, least, most) => [0, (most || 1) * 1.05]} : {}},
        axes: [
          Object.assign({}, axis, {label: this.axisName, labelFont: '12px system-ui, sans-serif', labelSize: 16, size: 34, values: (u, splits) => splits.map(short)}),
          Object.assign({}, axis, {size: 62, values: (u, splits) => splits.map(v => v === null ? '' : short(v))})],
        series: [{}].concat(built.series), bands: built.bands,
        legend: {show: false},
        cursor: {sync: this.chart.shares ? {} : {key: 'cairn'}, points: {size: 7}, y: false},
        hooks: {setCursor: [() => this.tell()], draw: [u => this.drawMarks(u)]},
      }, built.data, this.plotBox);
      this.drawKey();
      this.tell();
    }

    lines(shown) {
      const tables = shown.map(series => [series.x, series.y].concat(series.min ? [series.min, series.max] : []));
      const data = tables.length === 0 ? [[]] : tables.length === 1 ? tables[0] : uPlot.join(tables);
      const series = [];
      const bands = [];
      shown.forEach(one => {
        const index = this.chart.series.indexOf(one);
        const stroke = seriesColor(index);
        const dash = this.chart.series.length > 1 ? DASHES[index % DASHES.length] : [];
        series.push({label: one.name, stroke, dash: one.dots ? [] : dash, width: one.dots ? 1 : 1.6, of: one,
          points: {show: one.dots || one.x.length < 3, size: 6, stroke, fill: color('card')}});
        if (one.min) {
          const at = series.length + 1;
          series.push({stroke: 'transparent', width: 0, points: {show: false}}, {stroke: 'transparent', width: 0, points: {show: false}});
          bands.push({series: [at + 1, at], fill: translucent(stroke)});
        }
      });
      return {data, series, bands};
    }

    /* The whole first, then what is left of it without its last part, and so on: each covers the one before. */
    stacked(shown) {
      const x = shown.length === 0 ? [] : shown[0].x;
      const data = [x];
      const series = [];
      for (let s = shown.length - 1; s >= 0; s--) {
        const fill = seriesColor(this.chart.series.indexOf(shown[s]));
        data.push(x.map((ignored, i) => sum(shown, i, s)));
        series.push({label: shown[s].name, stroke: fill, fill, width: 0.5, points: {show: false}, of: shown[s]});
      }
      return {data, series, bands: []};
    }

    drawMarks(u) {
      for (const mark of this.chart.marks || []) {
        const x = u.valToPos(mark.x, 'x', true);
        if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
        const context = u.ctx;
        context.save();
        context.strokeStyle = color('faint');
        context.setLineDash([4, 4]);
        context.beginPath();
        context.moveTo(x, u.bbox.top);
        context.lineTo(x, u.bbox.top + u.bbox.height);
        context.stroke();
        context.restore();
      }
    }

    drawKey() {
      this.keyBox.replaceChildren(...this.chart.series.map((series, index) => {
        const swatch = element('span', {class: 'swatch' + (series.dots ? ' dots' : this.chart.stacked ? ' area' : '')});
        swatch.style.borderColor = seriesColor(index);
        if (this.chart.stacked) swatch.style.background = seriesColor(index);
        else if (this.chart.series.length > 1 && !series.dots && DASHES[index % DASHES.length].length) swatch.style.borderTopStyle = DASHES[index % DASHES.length][0] < 4 ? 'dotted' : 'dashed';
        const off = this.hidden.has(series.name);
        return element('button', {'aria-pressed': String(!off), class: off ? 'off' : '', onclick: () => {
          if (off) this.hidden.delete(series.name); else this.hidden.add(series.name);
          this.draw();
          this.keyBox.children[index].focus();
        }}, swatch, series.name);
      }));
    }

    /* What is under the cursor; at the end where there is none. */
    tell() {
      if (!this.plot) return;
      const at = this.plot.cursor.idx;
      const x = at === null || at === undefined ? null : this.plot.data[0][at];
      const parts = this.shown().map(series => {
        const i = x === null ? series.x.length - 1 : nearest(series.x, x);
        if (i < 0) return series.name + ' –';
        const range = series.min && series.min[i] !== series.max[i] ? ' (' + number(series.min[i]) + ' to ' + number(series.max[i]) + ')' : '';
        return series.name + ' ' + number(series.y[i]) + range + examples(series, i);
      });
      this.readout.textContent = (x === null ? 'at the end: ' : this.axisName + ' ' + number(x) + ': ') + parts.join(', ');
    }

    key(event) {
      const u = this.plot;
      if (!u || u.data[0].length === 0) return;
      const x = u.data[0];
      const scale = u.scales.x;
      const first = lower(x, scale.min);
      const last = Math.max(first, lower(x, scale.max + 1e-9) - 1);
      const step = Math.max(1, Math.round((last - first) / (event.shiftKey ? 10 : 100)));
      const at = u.cursor.idx === null || u.cursor.idx === undefined ? last : u.cursor.idx;
      const to = {ArrowLeft: at - step, ArrowRight: at + step, Home: first, End: last}[event.key];
      if (to !== undefined) {
        const i = Math.min(last, Math.max(first, to));
        u.setCursor({left: u.valToPos(x[i], 'x'), top: 10});
      } else if (event.key === '+' || event.key === '-') {
        const middle = x[at];
        const half = (scale.max - scale.min) / (event.key === '+' ? 4 : 1);
        u.setScale('x', {min: Math.max(x[0], middle - half), max: Math.min(x[x.length - 1], middle + half)});
      } else if (event.key === '0' || event.key === 'Escape') {
        u.setScale('x', {min: x[0], max: x[x.length - 1]});
      } else {
        return;
      }
      event.preventDefault();
    }

    fillTable() {
      const head = [];
      const bodies = [];
      for (const series of this.shown()) {
        head.push(series.name);
        bodies.push(new Map(series.x.map((x, i) => [x, i])));
      }
      const shown = this.shown();
      const xs = [...new Set(shown.flatMap(series => Array.from(series.x)))].sort((a, b) => a - b);
      const every = Math.max(1, Math.ceil(xs.length / ROWS));
      const some = xs.filter((x, i) => i % every === 0 || i === xs.length - 1);
      const cell = (series, i) => i === undefined ? '' : number(series.y[i])
        + (series.min && series.min[i] !== series.max[i] ? ' (' + number(series.min[i]) + ' to ' + number(series.max[i]) + ')' : '') + examples(series, i);
      this.table.replaceChildren(
        element('table', {}, element('thead', {}, element('tr', {}, ...[this.axisName].concat(head).map(text => element('th', {scope: 'col'}, text)))),
          element('tbody', {}, ...some.map(x => element('tr', {}, element('td', {}, number(x)),
            ...shown.map((series, s) => element('td', {}, cell(series, bodies[s].get(x)))))))),
        element('p', {class: 'faint'}, every > 1 ? 'Every ' + every + 'th of ' + xs.length.toLocaleString('en') + ' points.' : ''));
    }
  }

  function examples(series, i) {
    return series.counts ? ' (of ' + number(series.counts[i]) + ')' : '';
  }

  function short(value) {
    const size = Math.abs(value);
    if (size >= 1e9) return Number((value / 1e9).toPrecision(4)) + ' G';
    if (size >= 1e6) return Number((value / 1e6).toPrecision(4)) + ' M';
    if (size >= 1e4) return Number((value / 1e3).toPrecision(4)) + ' k';
    if (size !== 0 && size < 1e-3) return value.toExponential(1);
    return String(Number(value.toPrecision(6)));
  }

  function lower(sorted, value) {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
  }

  function nearest(sorted, value) {
    if (sorted.length === 0) return -1;
    const at = lower(sorted, value);
    if (at === 0) return 0;
    if (at === sorted.length) return at - 1;
    return value - sorted[at - 1] <= sorted[at] - value ? at - 1 : at;
  }

  function redraw() { all.forEach(chart => chart.draw()); }

  /* Those that depend on what all are drawn over. */
  function forget() {
    const stay = all.filter(chart => chart.chart.shares);
    all.filter(chart => !chart.chart.shares).forEach(chart => { if (chart.plot) chart.plot.destroy(); });
    all.splice(0, all.length, ...stay);
  }

  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  return {Chart, element, number, redraw, forget, all};
})();
