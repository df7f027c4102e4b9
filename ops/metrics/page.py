"""The page: what all processes counted, and how things stand, as Prometheus reads it."""

import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.utils import floatToGoString

from ops import process
from ops.metrics.joining import UNREADABLE, Joined, joined
from ops.metrics.sources import Asker, Figure, Found

# Several who read at once cost one look.
FRESH_SECONDS = 1.0
FILES = "files"
UNIT = "unit"


def tell_port(port: int) -> None:
    """Write down where the page is shown: in the demo it may be another port than the usual one."""
    path = _port_file()
    with contextlib.suppress(OSError):  # it is shown all the same
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(port), encoding="ascii")


def port() -> int:
    """Return where the page is shown."""
    try:
        return int(_port_file().read_text(encoding="ascii"))
    except (OSError, ValueError):
        return int(settings.METRICS_PORT)


def _port_file() -> Path:
    return Path(settings.METRICS_DIR) / process.METRICS / "port"


class Page:
    """What is shown."""

    def __init__(self, directory: Path, asker: Asker) -> None:
        """Take the directory of all roles, and who asks the sources."""
        self._directory = directory
        self._asker = asker
        self._lock = threading.Lock()
        self._read_at = -FRESH_SECONDS
        self._metrics: list[Metric] = []
        self._unreadable = 0

    def rendered(self, accept: str) -> tuple[bytes, str]:
        """Return the page and its content type, in the form that the reader prefers."""
        encode, content_type = choose_encoder(accept)
        return encode(self), content_type

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; the library asks for them under this name."""
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._metrics = self._read()
                self._read_at = time.monotonic()
            metrics = self._metrics
        yield from metrics

    def _read(self) -> list[Metric]:
        by_role = {role: self._joined(role) for role in process.SERVING}
        alive = GaugeMetricFamily("processes_alive", "Processes that live and count.", labels=["role"])
        for role, counts in by_role.items():
            alive.add_metric([role], counts.living)
            self._unreadable += counts.unreadable
        return [*added_up(by_role), alive, *self._asked(), self._failures()]

    def _joined(self, role: str) -> Joined:
        try:
            return joined(self._directory / role)
        except UNREADABLE:  # the directory goes at this moment, or is not ours to read
            return Joined(unreadable=1)

    def _asked(self) -> Iterator[Metric]:
        for source in self._asker.sources:
            found = self._asker.found(source)
            for figure in source.figures:
                if (value := found.get(figure.name)) is not None:
                    yield _gauge(figure, value)

    def _failures(self) -> Metric:
        failures = CounterMetricFamily(
            "metrics_collection_errors",
            "Times that a source of figures could not be asked.",
            labels=["source"],
        )
        failures.add_metric([FILES], self._unreadable)
        for source in self._asker.sources:
            failures.add_metric([source.name], self._asker.failures(source))
        return failures


def _gauge(figure: Figure, found: Found) -> Metric:
    gauge = GaugeMetricFamily(figure.name, figure.told, labels=figure.labels)
    values = found if isinstance(found, Mapping) else {(): found}
    for labels, value in values.items():
        if value is not None:
            gauge.add_metric([labels] if isinstance(labels, str) else list(labels), float(value))
    return gauge


def added_up(by_role: Mapping[str, Joined]) -> list[Metric]:
    """Return one metric for each name, with the series of all roles."""
    metrics: dict[str, Metric] = {}
    buckets: dict[str, dict[tuple[tuple[str, str], ...], dict[float, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for role, counted in by_role.items():
        for (kind, series), value in counted.counts.items():
            name, sample, labels, told = json.loads(series)
            typ = kind.partition("_")[0]
            metric = metrics.setdefault(name, Metric(name, told, typ))
            labels[UNIT] = role
            if "le" in labels:
                bound = float(labels.pop("le"))
                buckets[name][tuple(sorted(labels.items()))][bound] = value
            else:
                metric.add_sample(sample, labels, value)
    for name, by_labels in buckets.items():
        for pairs, by_bound in by_labels.items():
            _add_buckets(metrics[name], dict(pairs), by_bound)
    return [metrics[name] for name in sorted(metrics)]


def _add_buckets(metric: Metric, labels: dict[str, str], by_bound: Mapping[float, float]) -> None:
    """Add a histogram's buckets: each holds what those below it hold; the last one is the number of all."""
    total = 0.0
    for bound in sorted(by_bound):
        total += by_bound[bound]
        le = floatToGoString(bound)  # type: ignore[no-untyped-call]  # it has none
        metric.add_sample(f"{metric.name}_bucket", {**labels, "le": le}, total)
    metric.add_sample(f"{metric.name}_count", labels, total)
