//! One module per command.

pub(crate) mod assist;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod explain;
pub(crate) mod features;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod pipelines;
pub(crate) mod predict;
pub(crate) mod score;
