"""The native part of leadscore: records as JSON text, matrices as numpy arrays, tables as Arrow."""

import os
from collections.abc import Callable
from typing import Protocol, TypeAlias, TypedDict, final

import numpy as np
from numpy.typing import NDArray

from leadscore._errors import LeadscoreError

__all__ = [
    "Forest",
    "Frame",
    "ModelRows",
    "Pipeline",
    "Task",
    "error_codes",
    "merge_rankings_json",
    "rank_capacity_json",
    "run_command",
    "train_file",
    "train_matrix",
    "version",
]

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _Scores(TypedDict):
    scores: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    tiers: NDArray[np.int32]
    classes: NDArray[np.float64]

class _FeatureScores(_Scores):
    reasons: list[NDArray[np.int32]]
    points: list[NDArray[np.float64]]
    reason_texts: list[str]
    unusable: list[tuple[str, int, int]]

class _FrameScores(_FeatureScores):
    errors: list[tuple[int, LeadscoreError]]
    missing: list[str | None]
    warnings: list[str | None]

class _Reading(TypedDict):
    context: str
    columns: list[tuple[str, str]]
    activities: Frame | None
    lead_id: str | None
    activity_lead_id: str | None
    as_of: str | None
    allow_worthless: bool

class _Labelled(TypedDict):
    values: _Matrix
    labels: NDArray[np.float64]
    weights: NDArray[np.float64] | None

_Matrix: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
_Rows: TypeAlias = _Matrix | ModelRows
_Columns: TypeAlias = list[tuple[str, str]]
_TrainProgress: TypeAlias = Callable[[int, int, int, float], object] | None
_Progress: TypeAlias = Callable[[int, int], object] | None
_Path: TypeAlias = str | os.PathLike[str]
_Bytes: TypeAlias = bytes | bytearray | memoryview

def version() -> str: ...
def error_codes() -> list[str]: ...
def run_command(args: list[str]) -> int: ...
def merge_rankings_json(rankings: str) -> str: ...
def rank_capacity_json(request: str) -> str: ...
def train_file(options: str, progress: _TrainProgress = None) -> str: ...
def train_matrix(
    schema: str,
    rows: _Labelled,
    options: str,
    as_of: str,
    zone: str,
    validation: _Labelled | None = None,
    threads: int | None = None,
    progress: _TrainProgress = None,
) -> str: ...

@final
class Pipeline:
    @staticmethod
    def builtin_names() -> list[str]: ...
    @staticmethod
    def builtin(name: str) -> Pipeline: ...
    @staticmethod
    def from_json(text: str) -> Pipeline: ...
    @staticmethod
    def load(path: _Path) -> Pipeline: ...
    @staticmethod
    def import_model(data: _Bytes, options: str) -> Pipeline: ...
    def to_json(self) -> str: ...
    def describe_json(self) -> str: ...
    def score_json(self, record: str, context: str) -> str: ...
    def score_many_json(
        self, records: str, context: str, first_index: int = 0, threads: int | None = None
    ) -> str: ...
    def features_json(self, record: str, context: str) -> str: ...
    def feature_matrix_json(
        self, records: str, context: str, first_index: int = 0, threads: int | None = None
    ) -> NDArray[np.float64]: ...
    def score_matrix(self, values: _Matrix, threads: int | None = None) -> _Scores: ...
    def importance_json(self, by: str, values: _Matrix | None = None) -> str: ...
    def ranking_parts_json(self, request: str) -> str: ...
    def score_file(self, options: str) -> str: ...
    def evaluate_file(self, options: str) -> str: ...

@final
class Forest:
    @staticmethod
    def from_bytes(data: _Bytes) -> Forest: ...
    @staticmethod
    def load(path: _Path) -> Forest: ...
    @staticmethod
    def from_json(text: str) -> Forest: ...
    def with_missing(self, value: float) -> Forest: ...
    def with_levels_json(self, levels: str) -> Forest: ...
    def encode_json(self, feature: int, values: str) -> NDArray[np.float64]: ...
    def notes(self) -> list[str]: ...
    def is_settled(self, feature: int) -> bool: ...
    def to_json(self) -> str: ...
    def describe_json(self) -> str: ...
    def margin(
        self,
        values: _Rows,
        iterations: str = "best",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[np.float64]: ...
    def predict(
        self,
        values: _Rows,
        iterations: str = "best",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[np.float64]: ...
    def shap(
        self,
        values: _Rows,
        iterations: str = "best",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[np.float64]: ...

@final
class Task:
    @staticmethod
    def from_json(request: str, pipeline: Pipeline | None = None) -> Task: ...
    def prompt_json(self) -> str: ...
    def conclude_json(self, outcome: str) -> str: ...

@final
class Frame:
    def __new__(cls, table: _ArrowStream) -> Frame: ...
    @property
    def rows(self) -> int: ...
    @staticmethod
    def of_rows(rows: int) -> Frame: ...
    @staticmethod
    def match_columns(header: list[str], attributes: list[str]) -> list[tuple[str, str]]: ...
    @staticmethod
    def name_columns(header: list[str]) -> list[str]: ...
    def with_full_names(self, name: str, parts: list[str]) -> Frame: ...
    def with_numbers(self, name: str, numbers: NDArray[np.float64]) -> Frame: ...
    def with_array(self, name: str, array: _ArrowStream) -> Frame: ...
    def with_values(self, name: str, places: NDArray[np.uint32], values: str, is_category: bool) -> Frame: ...
    def score(
        self,
        pipeline: Pipeline,
        reading: _Reading,
        keep_going: bool = False,
        report: bool = False,
        threads: int | None = None,
        progress: _Progress = None,
    ) -> _FrameScores: ...
    def features(
        self, pipeline: Pipeline, reading: _Reading, threads: int | None = None
    ) -> NDArray[np.float64]: ...
    def score_features(
        self, pipeline: Pipeline, columns: _Columns, threads: int | None = None
    ) -> _FeatureScores: ...
    def feature_values(self, pipeline: Pipeline, columns: _Columns) -> NDArray[np.float64]: ...
    def model_rows(self, forest: Forest, unseen: str) -> ModelRows: ...

@final
class ModelRows:
    def unseen(self) -> list[tuple[str, str, int, int]]: ...
    def to_matrix(self) -> NDArray[np.float64]: ...
