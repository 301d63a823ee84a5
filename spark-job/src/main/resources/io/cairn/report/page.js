/* Copyright The Cairn Authors, SPDX-License-Identifier: Apache-2.0 */
/* The page of a run, or of several side by side, from the numbers in it. */
(function () {
  'use strict';
  const {Chart, element: e, number} = CairnCharts;
  const page = JSON.parse(document.getElementById('run-data').textContent);
  const runs = page.runs;
  const many = runs.length > 1;
  const AXES = {update: 'update', examples: 'examples', seconds: 'seconds of training'};
  const STATES = {SUCCEEDED: ['good', 'succeeded'], FAILED: ['bad', 'failed'], RESUMABLE: ['wait', 'stopped, can go on'], RUNNING: ['wait', 'running']};
  let axis = 'update';

  function label(run) { return many ? run.label : ''; }

  function named(run, name) { return many ? (name ? run.label + ' ' + name : run.label) : name; }

  function points(run, name, series) { return curve(run, name, run.updates[series]); }

  function curve(run, name, of) {
    return {name: named(run, name), x: run.updates[axis], y: of.mean || of, min: of.min, max: of.max};
  }

  /* A measure that only some updates have: their points alone. */
  function measured(run, name, series) {
    const y = run.updates[series].mean || run.updates[series];
    const some = y.map((value, i) => i).filter(i => y[i] !== null);
    return {name: named(run, name), x: some.map(i => run.updates[axis][i]), y: some.map(i => y[i])};
  }

  function rates(run) {
    const groups = Object.entries(run.updates.learningRates);
    return groups.length ? groups.map(([group, of]) => curve(run, group, of)) : [points(run, many ? '' : 'learning rate', 'learningRate')];
  }

  function validation(run, measure, name) {
    const some = run.validations.filter(v => v.values[measure] !== undefined);
    return {name: named(run, name), x: some.map(v => v[axis]), y: some.map(v => v.values[measure]), dots: true};
  }

  function marks(run) {
    return run.attempts.filter(a => a.fromUpdate > 0)
      .map(a => ({x: at(run, a.fromUpdate), label: 'attempt ' + a.number}));
  }

  function at(run, update) {
    const updates = run.updates.update;
    let i = 0;
    while (i < updates.length - 1 && updates[i] < update) i++;
    return run.updates[axis][i];
  }

  function charts() {
    const measures = [...new Set(runs.flatMap(run => run.validations.flatMap(v => Object.keys(v.values))))];
    const single = many ? [] : marks(runs[0]);
    const made = [];
    const add = chart => { if (chart.series.some(s => s.x.length)) made.push(Object.assign({marks: single}, chart)); };
    add({title: 'Loss', log: true, series: runs.map(run => points(run, many ? '' : 'training', 'loss'))
      .concat(many ? [] : [validation(runs[0], 'loss', 'validation')])});
    if (many && measures.includes('loss')) add({title: 'Validation: loss', log: true, series: runs.map(run => validation(run, 'loss', ''))});
    for (const measure of measures.filter(m => m !== 'loss')) {
      add({title: 'Validation: ' + measure, series: runs.map(run => validation(run, measure, many ? '' : measure))});
    }
    add({title: 'Gradient norm', log: true, note: 'Of the mean gradient, before it is clipped.', series: runs.map(run => points(run, many ? '' : 'gradient norm', 'gradientNorm'))});
    add({title: 'Gradient noise scale', unit: 'examples', log: 'first',
      note: (many ? '' : (runs[0].noise ? runs[0].noise + '. ' : '')) + 'The batch at which noise and signal in the gradient are alike (McCandlish et al., 2018).',
      series: runs.map(run => measured(run, many ? '' : 'noise scale', 'noiseScale'))});
    add({title: 'Learning rate', log: true, series: runs.flatMap(rates)});
    add({title: 'Speed', unit: 'examples/s', series: runs.map(run => points(run, many ? '' : 'examples/s', 'examplesPerSecond'))});
    for (const run of runs) {
      add({title: 'Where the time of an update goes' + (many ? ': ' + label(run) : ''), unit: 'ms', stacked: true,
        note: 'On rank 0: forward and backward passes; waiting for data and for other ranks; adding up the ranks\' sums; the update itself'
          + (saves(run) ? '; what training waited for a checkpoint before it, most of which is written meanwhile' : '') + '.',
        series: [['compute', 'computeMs'], ['wait', 'waitMs'], ['reduce', 'reduceMs'], ['apply', 'applyMs'], ...(saves(run) ? [['checkpoint', 'checkpointMs']] : [])]
          .map(([name, key]) => ({name, x: run.updates[axis], y: run.updates[key].mean || run.updates[key]}))});
    }
    for (const run of runs.filter(run => run.ranks.means.length > 1)) {
      const some = run.ranks.curves.length < run.ranks.means.length ? ' The slowest ' + run.ranks.curves.length + ' of ' + run.ranks.means.length + ' ranks.' : '';
      for (const [title, key, note] of BY_RANK.filter(([title, key]) => run.ranks.curves.some(curve => curve[key].some(value => value > 0)))) {
        add({title: title + ' by rank' + (many ? ': ' + label(run) : ''), unit: 'ms an update', note: note + some,
          series: run.ranks.curves.map(curve => ({name: 'rank ' + curve.rank, x: run.ranks[axis], y: curve[key]}))});
      }
    }
    return made;
  }

  const BY_RANK = [
    ['Passes', 'passesMs', 'Computing and waiting for data; all ranks wait for the slowest.'],
    ['Waiting for other ranks', 'waitMs', 'The slowest waits least.'],
    ['Adding up sums', 'reduceMs', 'Moving and adding the ranks\' gradient sums.'],
    ['Updating', 'applyMs', 'Checking, clipping, the optimizer.'],
    ['Checkpoints', 'checkpointMs', 'Comparing the ranks\' states and, on rank 0, handing its own over to be saved; on average over the updates.']];

  /* Whether there were checkpoints whose time was noted; older versions did not. */
  function saves(run) {
    const of = run.updates.checkpointMs;
    return (of.mean || of).some(value => value > 0);
  }

  function times(run) {
    const parts = [['computing', 'computeMs'], ['waiting for data and other ranks', 'waitMs'], ['adding up the ranks\' sums', 'reduceMs'],
      ['updating', 'applyMs'], ['checkpoints', 'checkpointMs'], ['validation, keeping the best model, writing metrics', 'otherMs']]
      .filter(([name, key]) => run.updates.totals[key] > 0);
    const all = parts.reduce((sum, [name, key]) => sum + run.updates.totals[key], 0);
    if (!all) return [];
    const took = ms => ms < 10000 ? number(Number((ms / 1000).toPrecision(3))) + ' s' : seconds(ms / 1000);
    return [e('h2', {}, 'Where the time went' + (many ? ': ' + label(run) : '')),
      e('p', {class: 'faint'}, 'On rank 0, in the updates that are part of the run and between them.'),
      table(['', 'time', 'share'], parts.map(([name, key]) => [name, took(run.updates.totals[key]), (100 * run.updates.totals[key] / all).toFixed(1) + ' %']))];
  }

  function ranks(run) {
    const means = run.ranks.means;
    if (means.length < 2) return [];
    /* Older versions did not note all of them. */
    const parts = [['computing', 'computeMs'], ['waiting for data', 'fetchMs'], ['waiting for ranks', 'waitMs'], ['adding up', 'reduceMs'], ['updating', 'applyMs'], ['checkpoints', 'checkpointMs']]
      .filter(([name, key], i) => i < 2 || means.some(rank => rank[key] > 0));
    return [e('h2', {}, 'Ranks' + (many ? ': ' + label(run) : '')),
      table(['rank', 'host', ...parts.map(([name]) => name + ', ms'), 'memory, MiB', ''], means.map(rank =>
        [rank.rank, rank.host, ...parts.map(([name, key]) => number(rank[key])), rank.memoryMiB || '–', rank.slow ? 'slow: all wait for it' : '']))];
  }

  function drawCharts() {
    CairnCharts.forget();
    const box = document.getElementById('charts');
    box.replaceChildren(...charts().map(chart => new Chart(chart, AXES[axis]).box));
    CairnCharts.redraw();
  }

  function table(head, rows, kind) {
    return e('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': head[0] + ', a table'}, e('table', {class: kind || ''},
      e('thead', {}, e('tr', {}, ...head.map(text => e('th', {scope: 'col'}, text)))),
      e('tbody', {}, ...rows.map(row => e('tr', {}, ...row.map(cell => cell instanceof Node ? cell : e('td', {class: String(cell).length > 40 ? 'long' : ''}, String(cell))))))));
  }

  function last(run, series) {
    const of = run.updates[series];
    const all = of.mean || of;
    return all.length ? all[all.length - 1] : null;
  }

  function seconds(total) {
    if (total === null || total === undefined) return '–';
    if (total < 120) return number(Number(total.toFixed(1))) + ' s';
    if (total < 7200) return Math.floor(total / 60) + ' min ' + Math.round(total % 60) + ' s';
    return Math.floor(total / 3600) + ' h ' + Math.round(total % 3600 / 60) + ' min';
  }

  function moment(iso) { return iso ? iso.replace(/\.\d+Z$/, 'Z').replace('T', ' ') : '–'; }

  function state(run) {
    const [kind, words] = STATES[run.state] || ['wait', run.state ? run.state.toLowerCase() : 'unknown'];
    return e('span', {class: 'state ' + kind}, words);
  }

  function facts(run) {
    const count = run.updates.update.length;
    const list = [['updates', number(run.updates.count)], ['examples', number(count ? last(run, 'examples') : 0)],
      ['last loss', number(run.updates.lastLoss)], ['time of training', seconds(count ? last(run, 'seconds') : 0)],
      ['attempts', String(run.attempts.length)]];
    const final = run.validations[run.validations.length - 1];
    if (final) for (const [name, value] of Object.entries(final.values)) list.push(['validation ' + name, number(value)]);
    if (run.updates.skipped) list.push([run.updates.some ? 'updates left out, at least' : 'updates left out', number(run.updates.skipped)]);
    return list;
  }

  function head() {
    document.getElementById('head').append(
      e('h1', {}, many ? runs.length + ' runs compared' : runs[0].name + ' '),
      ...(many ? [] : [e('p', {}, state(runs[0]), ' ', e('span', {class: 'faint'}, runs[0].output)),
        runs[0].reason ? e('p', {}, runs[0].reason) : null,
        e('div', {class: 'facts'}, ...facts(runs[0]).map(([name, value]) => e('div', {class: 'fact', 'data-fact': name}, e('span', {class: 'faint'}, name), e('b', {}, value))))]
        .filter(Boolean)),
      e('div', {class: 'bar'},
        e('fieldset', {}, e('legend', {}, 'over'), ...Object.entries(AXES).map(([key, words]) => {
          const box = e('input', {type: 'radio', name: 'axis', value: key, onchange: () => { axis = key; drawCharts(); }});
          box.checked = key === axis;
          return e('label', {}, box, words + (key === 'update' ? 's' : ''));
        })),
        e('button', {onclick: () => {
          const root = document.documentElement;
          const dark = root.dataset.theme ? root.dataset.theme === 'dark' : window.matchMedia('(prefers-color-scheme: dark)').matches;
          root.dataset.theme = dark ? 'light' : 'dark';
          CairnCharts.redraw();
        }}, 'light / dark')));
  }

  function comparison() {
    const names = [...new Set(runs.flatMap(run => facts(run).map(([name]) => name)))];
    const rows = [];
    rows.push(['state', ...runs.map(run => e('td', {}, state(run)))], ['plan', ...runs.map(run => run.plan || '–')]);
    if (runs.some(run => run.reason)) rows.push(['ended by', ...runs.map(run => run.reason || '–')]);
    for (const name of names) rows.push([name, ...runs.map(run => (facts(run).find(([other]) => other === name) || [null, '–'])[1])]);
    const keys = [...new Set(runs.flatMap(run => run.settings.map(([key]) => key)))];
    const value = (run, key) => (run.settings.find(([other]) => other === key) || [null, '–'])[1];
    const different = keys.filter(key => new Set(runs.map(run => value(run, key))).size > 1);
    return [e('h2', {}, 'Side by side'), table([''].concat(runs.map(label)), rows, 'text'),
      e('h2', {}, 'Settings that differ'),
      different.length ? table(['setting'].concat(runs.map(label)), different.map(key => [key, ...runs.map(run => value(run, key))]), 'text') : e('p', {}, 'None.')];
  }

  function attempts(run) {
    if (!run.attempts.length) return [];
    const start = Date.parse(run.attempts[0].startedAt);
    const ends = run.attempts.map(a => Date.parse(a.endedAt || run.updatedAt));
    const end = Math.max(start + 1, ...ends);
    /* Runs of old say a cause without its kind. */
    const broke = (a, i) => a.endedBy === 'FAILURE'
      || ((!a.endedBy || a.endedBy === 'NOTHING') && a.cause && !(run.state === 'SUCCEEDED' && i === run.attempts.length - 1));
    const track = e('div', {class: 'track', 'aria-hidden': 'true'}, ...run.attempts.map((a, i) => {
      const from = Date.parse(a.startedAt);
      const bar = e('div', {class: 'attempt' + (broke(a, i) ? ' failed' : ''), title: 'attempt ' + a.number + ', updates ' + a.fromUpdate + ' to ' + a.toUpdate + (a.cause ? ': ' + a.cause : '')}, String(a.number));
      bar.style.left = 100 * (from - start) / (end - start) + '%';
      bar.style.width = 100 * Math.max(0, ends[i] - from) / (end - start) + '%';
      return bar;
    }));
    return [e('h2', {}, 'Attempts' + (many ? ': ' + label(run) : '')), track,
      e('div', {class: 'ends'}, e('span', {}, moment(run.attempts[0].startedAt)), e('span', {}, seconds((end - start) / 1000) + ' in all')),
      table(['attempt', 'from', 'took', 'updates', 'plan', 'ended by'], run.attempts.map((a, i) => [a.number, moment(a.startedAt),
        seconds((ends[i] - Date.parse(a.startedAt)) / 1000), a.fromUpdate + ' to ' + a.toUpdate, a.plan || '–', a.cause || (a.endedAt ? 'its end' : '–')]), 'text'),
      ...(run.plans.length ? [e('h3', {}, 'Changes of plan'), table(['update', 'plan', 'why'], run.plans.map(p => [p.update, p.plan, p.reason]), 'text')] : [])];
  }

  function confusion(run) {
    return (run.evaluation || []).filter(output => output.confusion).flatMap(output => {
      const most = Math.max(1, ...output.confusion.flat());
      return [e('h2', {}, 'Confusion' + (output.name ? ', ' + output.name : '') + (many ? ': ' + label(run) : '')),
        e('p', {class: 'faint'}, 'How often a class (row) was taken for which (column): ' + output.model + ' on ' + output.data + '.'),
        e('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'confusion matrix'}, e('table', {class: 'confusion'},
          e('thead', {}, e('tr', {}, e('th', {}, ''), ...output.classes.map(name => e('th', {scope: 'col'}, name)))),
          e('tbody', {}, ...output.confusion.map((row, i) => e('tr', {}, e('th', {scope: 'row'}, output.classes[i]), ...row.map((value, j) => {
            const cell = e('td', {class: i === j ? 'right' : ''}, number(value));
            if (value > 0) cell.style.background = 'color-mix(in srgb, var(--' + (i === j ? 'c0' : 'c1') + ') ' + Math.round(8 + 42 * value / most) + '%, transparent)';
            return cell;
          }))))))];
    });
  }

  /* How often predictions are right, against the probability that they were made with. */
  function calibration(run) {
    return (run.evaluation || []).filter(output => output.calibration && output.calibration.length).flatMap(output => {
      const bins = output.calibration;
      const all = bins.reduce((sum, bin) => sum + bin.weight, 0);
      const chart = new Chart({title: 'Right, of predictions with a probability', shares: true,
        note: 'Below the diagonal, predictions are right less often than they claim; above it, more often.',
        series: [{name: 'right', x: bins.map(bin => bin.meanProbability), y: bins.map(bin => bin.accuracy), counts: bins.map(bin => bin.weight), dots: true},
          {name: 'as often as claimed', x: [0, 1], y: [0, 1]}]}, 'probability of the predicted class');
      const shaded = bin => {
        const cell = e('td', {}, number(bin.weight));
        cell.style.background = 'color-mix(in srgb, var(--c0) ' + Math.round(50 * bin.weight / all) + '%, transparent)';
        return cell;
      };
      return [e('h2', {}, 'Calibration' + (output.name ? ', ' + output.name : '') + (many ? ': ' + label(run) : '')),
        e('p', {class: 'faint'}, 'Whether predictions are right as often as their probability says: ' + output.model + ' on ' + output.data + '.'),
        output.calibrationError === null ? null : e('p', {}, 'Expected calibration error: ' + number(output.calibrationError) + ', the mean distance of the two, weighted by examples.'),
        e('div', {class: 'charts'}, chart.box, table(['probability', 'mean', 'right', 'examples'],
          bins.map(bin => [bin.above.toFixed(3) + ' to ' + bin.upTo.toFixed(3), number(bin.meanProbability), number(bin.accuracy), shaded(bin)]), 'calibration'))].filter(Boolean);
    });
  }

  function about(run) {
    const of = many ? ': ' + label(run) : '';
    return [
      ...(run.model.length ? [e('h2', {}, 'Model' + of), table(['layer', 'kind', 'in', 'out', 'parameters', 'activation'],
        run.model.map(l => [l.name, l.kind, l.inputs || '–', l.outputs || '–', number(l.parameters), l.activation || '–']).concat([['all', '', '', '', number(run.model.reduce((sum, l) => sum + l.parameters, 0)), '']]), 'text')] : []),
      ...(run.modelProblem ? [e('h2', {}, 'Model' + of), e('p', {}, 'Its layers cannot be shown: ' + run.modelProblem)] : []),
      ...(run.environment.length ? [e('h2', {}, 'Environment' + of), table(['what', 'value'], run.environment, 'text')] : []),
      e('h2', {}, 'Plan and settings' + of), run.plan ? e('p', {}, run.plan) : null,
      e('details', {}, e('summary', {}, run.settings.length + ' settings'), table(['setting', 'value'], run.settings, 'text'))].filter(Boolean);
  }

  function thinned() {
    if (runs.some(run => run.updates.some)) return 'As the driver hears of the run, a few times a second or less: each point stands for the updates before it, too. Seconds are those of this application.';
    const some = runs.filter(run => run.updates.count > run.updates.update.length);
    return some.length === 0 ? 'Every update is a point.'
      : some.map(run => (many ? run.label + ': each of ' : 'Each of ') + number(run.updates.update.length) + ' points stands for up to ' + number(run.updates.perPoint)
        + ' updates: the line is their mean, the band reaches from the smallest to the largest, and nothing lies outside it').join('; ') + '.';
  }

  head();
  document.getElementById('main').replaceChildren(...(many ? comparison() : []),
    e('h2', {}, 'Curves'), e('p', {class: 'faint'}, thinned() + (many ? '' : ' Dashed upright lines: a later attempt went on there.')),
    e('div', {class: 'charts', id: 'charts'}), ...runs.flatMap(attempts), ...runs.flatMap(times), ...runs.flatMap(ranks), ...runs.flatMap(confusion), ...runs.flatMap(calibration), ...runs.flatMap(about));
  drawCharts();
  document.getElementById('foot').append('Written ' + moment(page.written) + ' by ' + page.program + '. Charts: uPlot, MIT licence, Copyright Leon Sorokin.');
  document.documentElement.dataset.ready = 'yes';
})();
