"""What a value of Python's becomes as JSON text: the table that every language runs, and what only Python has."""

from __future__ import annotations

import collections
import dataclasses
import enum
import json
import math
import re
import struct
import types
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from leadscore import Lead, LeadscoreError, Pipeline
from leadscore._encode import record_json, records_json

from .conftest import FIXTURES

TABLE = json.loads((FIXTURES / "conformance" / "host_values.json").read_text(encoding="utf-8"))
PIPELINE = Pipeline.from_json(json.dumps(TABLE["pipeline"]))
OPTIONS = {"as_of": TABLE["as_of"], "zone": TABLE["zone"]}


def test_every_value_gives_what_its_row_says() -> None:
    skipped, done, wrong = [], 0, []
    for row in TABLE["rows"]:
        records = records_of(row)
        if not records:
            skipped.append(row["name"])
        for record in records:
            done += 1
            wrong += [f"{row['name']}: {problem}" for problem in problems(row, record)]
    assert not wrong, "\n".join(wrong)
    print(f"\n{done} values; Python has no type for {len(skipped)} rows: {', '.join(skipped)}")
    assert skipped == [
        "undefined in an object",
        "undefined in a list",
        "invalid Date",
        "record that is undefined",
        "activity at an invalid Date",
    ]
    assert done > len(TABLE["rows"])


def problems(row: dict[str, Any], record: Any) -> list[str]:
    """What is not as the row says, alone and as the second of many."""
    many, refused = records_json([{}, record], 6)
    try:
        alone = record_json(record)
    except LeadscoreError as error:
        alone = "null"
        found: Any = {"code": error.code, "path": error.path}
        wanted = {1: f"leads[7].{error.path}" if error.path else "leads[7]"}
    else:
        found, wanted = None, {}
    if many != f"[{{}},{alone}]" or {index: own.path for index, own in refused.items()} != wanted:
        return [f"{many} and {refused} among others, {alone} and {found} alone"]
    if "json" in row:
        if found is not None or tokens(alone) != tokens(row["json"]):
            return [f"{found or alone} is not {row['json']}"]
        return [] if same(outcome(record, row["core"]), row["core"]) else [f"{outcome(record, row['core'])}"]
    try:
        PIPELINE.score(record, **OPTIONS)
    except LeadscoreError as error:
        found = {"code": error.code, "path": error.path}
    return [] if found == row["error"] else [f"{found or alone} is not {row['error']}"]


def outcome(record: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the library made of the record, in the words of the row."""
    try:
        prediction = PIPELINE.score(record, **OPTIONS)
    except LeadscoreError as error:
        return {"error": {"code": error.code, "path": error.path}}
    if "lead_id" in wanted:
        return {"lead_id": prediction.lead_id}
    feature = wanted.get("feature", "")
    for missing in prediction.missing:
        if missing.name == feature:
            found = {} if missing.found is None else {"found": missing.found}
            return {"feature": feature, "missing": missing.reason, **found}
    # A list would be taken for many leads.
    [features] = PIPELINE.features([record], **OPTIONS)
    return {"feature": feature, "value": features[feature]}


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+|[^\s\w]')


def tokens(text: str) -> list[Any]:
    """The tokens of a JSON text: texts by what they say, whole numbers by digits, others by the bits of the float."""
    assert "".join(TOKEN.findall(text)) == text
    return [token_of(token) for token in TOKEN.findall(text)]


def token_of(token: str) -> Any:
    if token.startswith('"'):
        return ("text", json.loads(token))
    if token[0] in "-0123456789" and not re.fullmatch(r"-?\d+", token):
        return struct.pack("<d", float(token))
    return token


def same(found: Any, wanted: Any) -> bool:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in found)
    if (
        bool not in (type(found), type(wanted))
        and isinstance(found, (int, float))
        and isinstance(wanted, (int, float))
    ):
        return struct.pack("<d", found) == struct.pack("<d", wanted)
    return type(found) is type(wanted) and bool(found == wanted)


# From the descriptions of the table to the values: all of Python's types that mean the same.


def records_of(row: dict[str, Any]) -> list[Any]:
    if "record" in row:
        return values(row["record"])
    records: list[Any] = [{"value": value} for value in values(row["value"])]
    # A thousand levels in a mapping of its own would say nothing new.
    if "json" in row and row["value"]["kind"] != "nested":
        records += [types.MappingProxyType(record) for record in records]
    return records


def values(about: dict[str, Any]) -> list[Any]:
    make = KINDS.get(about["kind"])
    assert make is not None or about["kind"] in ("undefined", "invalid_date"), about
    return [] if make is None else make(about)


def ints(about: dict[str, Any]) -> list[Any]:
    text = about["value"] + "0" * about.get("zeros", 0)
    value = -(10 ** (len(text) - 2)) if about.get("zeros") and text[0] == "-" else None
    value = value if value is not None else int(text) if len(text) < 4000 else 10 ** (len(text) - 1)
    kinds = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64]
    fitting = [kind(value) for kind in kinds if np.iinfo(kind).min <= value <= np.iinfo(kind).max]
    return [value, *fitting]


def floats(about: dict[str, Any]) -> list[Any]:
    value = float(about["value"])
    return [value, np.float64(value), np.longdouble(value)]


def singles(about: dict[str, Any]) -> list[Any]:
    value = np.float32(about["value"])
    return [value, float(value)]


def dates(about: dict[str, Any]) -> list[Any]:
    value = date.fromisoformat(about["value"])
    return [value, np.datetime64(about["value"], "D")]


def local_times(about: dict[str, Any]) -> list[Any]:
    value = datetime.fromisoformat(about["value"])
    numpy = [np.datetime64(about["value"], unit) for unit in ("us", "ns")]
    if value.second == 0 and value.microsecond == 0:
        numpy.append(np.datetime64(about["value"], "m"))
    return [value, pd.Timestamp(value), value.replace(fold=1), *numpy]


def zoned_times(about: dict[str, Any]) -> list[Any]:
    value = datetime.fromisoformat(about["value"].replace("Z", "+00:00"))
    found: list[Any] = [value, value.replace(tzinfo=timezone(value.utcoffset() or timedelta(0)))]
    if 1 < value.year < 9999:
        found += [value.astimezone(ZoneInfo("Asia/Kathmandu")), pd.Timestamp(value)]
    if "zone" in about:
        found.append(value.replace(tzinfo=ZoneInfo(about["zone"])))
    return found


def enums(about: dict[str, Any]) -> list[Any]:
    [value] = values(about["value"])[:1]
    members = {about["name"]: value}
    found: list[Any] = [enum.Enum("Plain", members)[about["name"]]]
    if isinstance(value, str):
        found.append(enum.Enum("Text", members, type=str)[about["name"]])
    if isinstance(value, int):
        found.append(enum.IntEnum("Whole", members)[about["name"]])
    if isinstance(value, float):
        found.append(enum.Enum("Float", members, type=float)[about["name"]])
    return found


def objects(about: dict[str, Any]) -> list[Any]:
    """As dictionaries, and as the other things with fields where the names can be theirs."""
    pairs = [
        (first(name) if isinstance(name, dict) else name, values(value)) for name, value in about["fields"]
    ]
    if not all(variants for _, variants in pairs):
        return []
    found: list[Any] = []
    for at in range(max((len(variants) for _, variants in pairs), default=1)):
        fields = {name: variants[min(at, len(variants) - 1)] for name, variants in pairs}
        found.append(fields)
        if all(name.isidentifier() for name in fields):
            found += [shape(fields) for shape in SHAPES]
    return found


def of_dataclass(fields: dict[str, Any]) -> Any:
    return dataclasses.make_dataclass("Own", list(fields))(**fields)


def of_model(fields: dict[str, Any]) -> Any:
    return types.SimpleNamespace(model_dump=lambda: dict(fields))


def of_named_tuple(fields: dict[str, Any]) -> Any:
    return collections.namedtuple("Own", list(fields))(**fields)  # type: ignore[misc]


SHAPES: list[Callable[[dict[str, Any]], Any]] = [
    of_dataclass,
    of_model,
    of_named_tuple,
    collections.OrderedDict,
]


def maps(about: dict[str, Any]) -> list[Any]:
    return [{first(key): first(value) for key, value in about["entries"]}]


def nested(about: dict[str, Any]) -> list[Any]:
    value: Any = 0
    for _ in range(about["depth"] - 1):
        value = [value] if about["of"] == "list" else {"x": value}
    if about["of"] == "list" and about["depth"] <= 65:
        inner: Any = 0
        for _ in range(about["depth"] - 1):
            inner = (inner,)
        return [value, inner]
    return [value]


def cycles(about: dict[str, Any]) -> list[Any]:
    if about["of"] == "list":
        items: list[Any] = []
        items.append(items)
        return [items]
    fields: dict[str, Any] = {}
    fields["self"] = fields
    return [fields]


def lists(about: dict[str, Any]) -> list[Any]:
    each = [values(item) for item in about["items"]]
    return [[item[0] for item in each]] if all(each) else []


def first(about: dict[str, Any]) -> Any:
    return values(about)[0]


def utf16(about: dict[str, Any]) -> list[Any]:
    units = b"".join(bytes.fromhex(unit) for unit in about["units"])
    return [units.decode("utf-16-be", "surrogatepass")]


def byte_strings(about: dict[str, Any]) -> list[Any]:
    value = bytes.fromhex(about["hex"])
    return [value, bytearray(value), memoryview(value), np.bytes_(value), np.frombuffer(value, "u1")]


class Text(str):
    __slots__ = ()


KINDS: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "absent": lambda _: [None, pd.NA],
    "not_a_time": lambda _: [pd.NaT, np.datetime64("NaT"), np.datetime64("NaT", "ns")],
    "bool": lambda about: [about["value"], np.bool_(about["value"])],
    "int": ints,
    "float": floats,
    "float32": singles,
    "decimal": lambda about: [Decimal(about["value"])],
    "complex": lambda _: [1 + 2j, np.complex128(1 + 2j), np.complex64(1)],
    "text": lambda about: [about["value"], np.str_(about["value"]), Text(about["value"])],
    "utf16": utf16,
    "bytes": byte_strings,
    "enum": enums,
    "uuid": lambda about: [uuid.UUID(about["value"])],
    "date": dates,
    "local_time": local_times,
    "instant": zoned_times,
    "zoned_time": zoned_times,
    "time_of_day": lambda about: [time.fromisoformat(about["value"])],
    "duration": lambda about: [
        timedelta(seconds=about["seconds"]),
        np.timedelta64(about["seconds"], "s"),
        pd.Timedelta(seconds=about["seconds"]),
    ],
    "list": lists,
    "tuple": lambda about: [tuple(first(item) for item in about["items"])],
    "set": lambda about: [set(map(first, about["items"])), frozenset(map(first, about["items"]))],
    "iterator": lambda about: [iter(about["items"]), (item for item in about["items"]), range(3)],
    "number_array": lambda about: [
        np.array(about["items"], dtype=np.float64),
        pd.Series(about["items"], dtype="float64"),
        collections.deque(about["items"]),
    ],
    "object": objects,
    "map": maps,
    "function": lambda _: [lambda: None, print, int],
    "opaque": lambda _: [object(), ..., np.zeros(1, dtype="i4,f4")[0]],
    "nested": nested,
    "cycle": cycles,
}


# What only Python has.


class Offsetless(timezone.__base__):  # type: ignore[name-defined, misc]
    """A zone that does not know its offset."""

    def utcoffset(self, when: datetime | None) -> None:
        return None

    def dst(self, when: datetime | None) -> None:
        return None

    def tzname(self, when: datetime | None) -> str:
        return "?"


def test_a_zone_without_an_offset_is_no_zone() -> None:
    local = datetime(2026, 11, 20, 9, 30)
    assert record_json({"value": local.replace(tzinfo=Offsetless())}) == record_json({"value": local})


def test_a_long_double_beyond_all_floats_is_infinite() -> None:
    if np.finfo(np.longdouble).maxexp > 1024:
        value = np.longdouble(2) ** 1025
        assert json.loads(record_json({"value": value})) == {"value": "inf"}
    assert not math.isfinite(float("1e400"))


def test_what_a_record_itself_raises_is_not_hidden() -> None:
    class Own:
        def model_dump(self) -> dict[str, Any]:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        PIPELINE.score(Own(), **OPTIONS)


def test_a_lead_of_the_package_is_a_record_too() -> None:
    lead = Lead("L-1", {"value": math.inf})
    assert json.loads(record_json(lead)) == {"id": "L-1", "attributes": {"value": "inf"}, "activities": []}
    assert PIPELINE.score(lead, **OPTIONS).missing[0].found == "inf"
