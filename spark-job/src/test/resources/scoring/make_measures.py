"""Writes measures.json: predictions, labels and weights, and what scikit-learn 1.9.1 says of them.

    python3 make_measures.py > measures.json

Scores are multiples of 1/64, so that scores of one bin are equal and both sides have the same ties.
"""
import json
import numpy as np
from sklearn import metrics as m

rng = np.random.default_rng(11)
N = 150


def weighting(weighted):
    return rng.uniform(0.1, 3, N) if weighted else np.ones(N)


def expected_calibration_error(probability, right, weight, bins=15):
    total = 0.0
    edges = np.linspace(0, 1, bins + 1)
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (probability > low) & (probability <= high)
        if inside.any():
            total += abs((weight * right)[inside].sum() - (weight * probability)[inside].sum())
    return total / weight.sum()


def classes(weighted):
    parts = rng.integers(1, 30, (N, 2))
    probability = np.column_stack([parts, 64 - parts.sum(axis=1)]) / 64
    label = np.where(rng.random(N) < 0.6, probability.argmax(axis=1), rng.integers(0, 3, N))
    w = weighting(weighted)
    found = probability.argmax(axis=1)
    p, r, f, _ = m.precision_recall_fscore_support(label, found, sample_weight=w, zero_division=0)
    auc = [m.roc_auc_score(label == c, probability[:, c], sample_weight=w) for c in range(3)]
    ap = [m.average_precision_score(label == c, probability[:, c], sample_weight=w) for c in range(3)]
    return {
        "outputs": probability.tolist(), "labels": label.tolist(), "weights": w.tolist(),
        "results": {
            "accuracy": m.accuracy_score(label, found, sample_weight=w),
            "balancedAccuracy": m.balanced_accuracy_score(label, found, sample_weight=w),
            "macroPrecision": p.mean(), "macroRecall": r.mean(), "macroF1": f.mean(),
            "macroAuc": np.mean(auc), "macroAveragePrecision": np.mean(ap),
            "logLoss": m.log_loss(label, probability, sample_weight=w),
            "calibrationError": expected_calibration_error(probability.max(axis=1), found == label, w),
        },
        "rows": [{"precision": p[c], "recall": r[c], "f1": f[c], "auc": auc[c], "averagePrecision": ap[c]} for c in range(3)],
        "confusion": m.confusion_matrix(label, found, sample_weight=w).tolist(),
    }


def binary(weighted):
    probability = rng.integers(1, 64, N) / 64
    probability[probability == 0.5] = 33 / 64
    label = (rng.random(N) < probability).astype(int)
    w = weighting(weighted)
    found = (probability > 0.5).astype(int)
    return {
        "outputs": probability[:, None].tolist(), "labels": label.tolist(), "weights": w.tolist(),
        "results": {
            "accuracy": m.accuracy_score(label, found, sample_weight=w),
            "balancedAccuracy": m.balanced_accuracy_score(label, found, sample_weight=w),
            "macroF1": m.f1_score(label, found, average="macro", sample_weight=w),
            "auc": m.roc_auc_score(label, probability, sample_weight=w),
            "averagePrecision": m.average_precision_score(label, probability, sample_weight=w),
            "logLoss": m.log_loss(label, probability, sample_weight=w),
        },
    }


def labels(weighted):
    probability = rng.integers(1, 64, (N, 3)) / 64
    label = (rng.random((N, 3)) < probability).astype(int)
    w = weighting(weighted)
    found = (probability > 0.5).astype(int)
    losses = [m.log_loss(label[:, c], probability[:, c], sample_weight=w) for c in range(3)]
    return {
        "outputs": probability.tolist(), "labels": label.tolist(), "weights": w.tolist(),
        "results": {
            "accuracy": 1 - m.hamming_loss(label, found, sample_weight=w),
            "exactMatch": m.accuracy_score(label, found, sample_weight=w),
            "microF1": m.f1_score(label, found, average="micro", sample_weight=w),
            "macroF1": m.f1_score(label, found, average="macro", sample_weight=w),
            "macroAuc": m.roc_auc_score(label, probability, average="macro", sample_weight=w),
            "macroAveragePrecision": m.average_precision_score(label, probability, average="macro", sample_weight=w),
            "logLoss": np.mean(losses),
        },
    }


def numbers(weighted):
    label = np.column_stack([rng.normal(2000, 1, N), rng.normal(-3, 40, N)])
    output = label + rng.normal(0, 0.5, (N, 2))
    w = weighting(weighted)
    return {
        "outputs": output.tolist(), "labels": label.tolist(), "weights": w.tolist(),
        "results": {
            "mse": m.mean_squared_error(label, output, sample_weight=w),
            "rmse": np.sqrt(m.mean_squared_error(label, output, sample_weight=w)),
            "mae": m.mean_absolute_error(label, output, sample_weight=w),
            "r2": m.r2_score(label, output, sample_weight=w),
        },
        "rows": [
            {
                "mse": m.mean_squared_error(label[:, c], output[:, c], sample_weight=w),
                "mae": m.mean_absolute_error(label[:, c], output[:, c], sample_weight=w),
                "r2": m.r2_score(label[:, c], output[:, c], sample_weight=w),
            }
            for c in range(2)
        ],
    }


cases = {}
for make in (classes, binary, labels, numbers):
    cases[make.__name__] = make(False)
    cases[make.__name__ + "Weighted"] = make(True)
print(json.dumps(cases, default=float))
