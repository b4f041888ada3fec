//! One module per command.

pub(crate) mod assist;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod features;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod manual;
#[cfg(not(feature = "serve"))]
pub(crate) mod no_server;
pub(crate) mod pipelines;
pub(crate) mod predict;
pub(crate) mod score;
#[cfg(feature = "serve")]
pub(crate) mod server;
pub(crate) mod train;

#[cfg(not(feature = "serve"))]
pub(crate) use no_server as server;
