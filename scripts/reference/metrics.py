"""Figures of merit, bootstrap intervals and Holm's correction by scikit-learn, scipy and statsmodels: writes
tests/reference/metrics.json, which the tests of `metric` read.

    python -m pip install scipy==1.17.1 statsmodels==0.15.0 scikit-learn==1.9.1 numpy==2.4.6
    python scripts/reference/metrics.py
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy
import sklearn.metrics
import statsmodels.api
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW
from statsmodels.tools import eval_measures

TARGET = Path(__file__).resolve().parents[2] / "tests" / "reference" / "metrics.json"


def figures(name, targets, predicted):
    errors = predicted - targets
    described = DescrStatsW(errors)
    line = statsmodels.api.OLS(targets, statsmodels.api.add_constant(predicted)).fit()
    pearson = stats.pearsonr(targets, predicted).statistic
    # Lin's coefficient as correlation times accuracy (Lin 1989, section 2), which is another way than the program's.
    scale = targets.std() / predicted.std()
    shift = (targets.mean() - predicted.mean()) / numpy.sqrt(targets.std() * predicted.std())
    return {
        "name": name,
        "targets": targets.tolist(),
        "predicted": predicted.tolist(),
        "mae": sklearn.metrics.mean_absolute_error(targets, predicted),
        "rmse": float(eval_measures.rmse(predicted, targets)),
        "bias": float(eval_measures.bias(predicted, targets)),
        "median_absolute_error": sklearn.metrics.median_absolute_error(targets, predicted),
        "r2": sklearn.metrics.r2_score(targets, predicted),
        "pearson": float(pearson),
        "concordance": float(pearson * 2 / (scale + 1 / scale + shift**2)),
        "within": [stats.percentileofscore(numpy.abs(errors), months, kind="weak") / 100 for months in (6, 12, 24)],
        "limits": [float(described.mean + sign * 1.96 * described.std_ddof(1)) for sign in (-1, 1)],
        "calibration_slope": float(line.params[1]),
        "calibration_intercept": float(line.params[0]),
    }


def mean_over_patients(values, patients):
    """A statistic of patients' numbers: the mean over all their films."""
    films = [numpy.flatnonzero(patients == patient) for patient in range(patients.max() + 1)]

    def statistic(drawn):
        return values[numpy.concatenate([films[int(patient)] for patient in drawn])].mean()

    return statistic, numpy.arange(len(films))


def bootstrap(statistic, data, **options):
    return stats.bootstrap((data,), statistic, vectorized=False, method="BCa", confidence_level=0.95, **options).confidence_interval


def equal_resamples(name, values, patients, resamples, rng):
    statistic, data = mean_over_patients(values, patients)
    draws = rng.integers(0, len(data), size=(resamples, len(data)))
    distribution = numpy.array([statistic(draw) for draw in draws])
    interval = bootstrap(statistic, data, n_resamples=0, bootstrap_result=SimpleNamespace(bootstrap_distribution=distribution))
    more = {"estimate": float(statistic(data)), "draws": draws.tolist(), "p_of_zero": p_of_zero(statistic, data, distribution)}
    return case(name, values, patients, interval) | more


def p_of_zero(statistic, data, distribution):
    """One less the confidence of the interval that just reaches zero; none where no resample has the other sign."""
    if distribution.min() > 0 or distribution.max() < 0:
        return None
    side = "low" if statistic(data) > 0 else "high"

    def end(confidence):
        resamples = SimpleNamespace(bootstrap_distribution=distribution)
        options = {"vectorized": False, "method": "BCa", "confidence_level": confidence, "n_resamples": 0, "bootstrap_result": resamples}
        return getattr(stats.bootstrap((data,), statistic, **options).confidence_interval, side)

    return float(1 - optimize.brentq(end, 0.001, 0.999, xtol=1e-6))


def own_resamples(name, values, patients, rng):
    statistic, data = mean_over_patients(values, patients)
    return case(name, values, patients, bootstrap(statistic, data, n_resamples=200_000, rng=rng))


def case(name, values, patients, interval):
    return {
        "name": name,
        "values": values.tolist(),
        "patients": patients.tolist(),
        "low": float(interval.low),
        "high": float(interval.high),
    }


def holm(p_values):
    return {"p_values": p_values, "corrected": multipletests(p_values, method="holm")[1].tolist()}


def main():
    rng = numpy.random.default_rng(20)
    ages = rng.uniform(3, 220, size=60).round(2)
    few = rng.uniform(24, 200, size=7).round(2)
    skewed = rng.exponential(9, size=40).round(3)
    clusters = numpy.sort(rng.integers(0, 14, size=40))
    clusters = numpy.unique(clusters, return_inverse=True)[1]
    differences = rng.normal(1.2, 6, size=50).round(3)
    films = numpy.arange
    content = {
        "figures": [
            figures("scatter", ages, (ages + rng.normal(0, 12, size=60)).round(2)),
            figures("drawn to the middle", ages, (0.4 * ages + 70 + rng.normal(0, 9, size=60)).round(2)),
            figures("shifted", ages, (ages - 17 + rng.normal(0, 3, size=60)).round(2)),
            figures("few", few, (few + rng.normal(5, 20, size=7)).round(2)),
            figures("against the truth", ages, (220 - ages + rng.normal(0, 5, size=60)).round(2)),
        ],
        "normal": [[float(z), float(stats.norm.cdf(z))] for z in (-8, -5.2, -3.1, -1.96, -1.2, -0.3, 0.1, 0.7, 1.3, 1.9599639845400545, 3.4)],
        "holm": [
            holm([0.01, 0.04, 0.03, 0.005]),
            holm([0.0009995, 0.5, 0.0009995, 0.02, 1.0, 0.049]),
            holm([0.9, 0.8, 0.7]),
            holm([0.02, 0.02, 0.02]),
        ],
        "equal_resamples": [
            equal_resamples("skewed errors", skewed[:15], films(15), 199, rng),
            equal_resamples("signed differences", differences[:20], films(20), 150, rng),
            equal_resamples("patients with several films", skewed, clusters, 199, rng),
            equal_resamples("differences at the border", (skewed[:24] - 6.2).round(3), films(24), 399, rng),
        ],
        "own_resamples": [
            own_resamples("skewed errors", skewed, films(40), rng),
            own_resamples("signed differences", differences, films(50), rng),
            own_resamples("patients with several films", skewed, clusters, rng),
        ],
    }
    parts = (f'"{key}":[\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]" for key, rows in content.items())
    TARGET.write_text("{\n" + ",\n".join(parts) + "\n}\n")


main()
