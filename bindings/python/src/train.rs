//! Learning from past leads.

use leadscore::parallel::Workers;
use leadscore::train::TrainProgress;
use leadscore::{AsOf, Dataset, Error, FeatureSchema, Stop, Zone};
use leadscore_files::{day_of, trained_json, trainer_from_json};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::enter::enter_interrupted;
use crate::error::Text;
use crate::matrix::{Matrix, View};

/// Rows with labels and perhaps weights.
#[derive(FromPyObject)]
pub(crate) struct Labelled<'py> {
    #[pyo3(item)]
    values: Matrix<'py>,
    #[pyo3(item)]
    labels: PyReadonlyArray1<'py, f64>,
    #[pyo3(item)]
    weights: Option<PyReadonlyArray1<'py, f64>>,
}

/// What of it threads may share.
struct Rows<'a> {
    values: View<'a>,
    labels: Vec<f64>,
    weights: Option<Vec<f64>>,
}

/// Learns a pipeline from a file of past leads; options and result as JSON. `progress` hears the fold, the folds, the round and the
/// loss.
#[pyfunction]
#[pyo3(signature = (options, progress = None))]
pub(crate) fn train_file(py: Python<'_>, options: Text<'_>, progress: Option<Py<PyAny>>) -> PyResult<String> {
    enter_training(py, progress, |stop, tell| leadscore_files::train_file(&options.0, tell, stop))
}

/// Learns a pipeline from rows of a schema's columns, and from others to stop, calibrate and measure by. The moment tells the day
/// of training.
#[pyfunction]
#[pyo3(signature = (schema, rows, options, as_of, zone, validation = None, threads = None, progress = None))]
#[expect(clippy::too_many_arguments, reason = "they are keywords where they are seen")]
pub(crate) fn train_matrix(
    py: Python<'_>,
    schema: Text<'_>,
    rows: Labelled<'_>,
    options: Text<'_>,
    as_of: Text<'_>,
    zone: Text<'_>,
    validation: Option<Labelled<'_>>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let (rows, validation) = (rows.rows(), validation.as_ref().map(Labelled::rows));
    enter_training(py, progress, |stop, tell| {
        let day = day_of(&AsOf::parse(&as_of.0, &Zone::named(&zone.0)?)?);
        // Two of each class are what tools for models try things with.
        let trainer = trainer_from_json(&options.0)?.training_date(day).least_of_an_outcome(2);
        let schema = FeatureSchema::from_json(&schema.0)?;
        let dataset = rows.dataset(&schema)?;
        let workers = Workers::new().stop(stop);
        let workers = threads.map_or(workers, |count| workers.threads(count));
        let learned = match validation {
            None => trainer.fit(&dataset, &workers, tell)?,
            Some(rows) => {
                let validation = rows.dataset(&schema).map_err(|error| error.within("validation"))?;
                trainer.fit_validated(&dataset, &validation, &workers, tell)?
            }
        };
        Ok(trained_json(&learned))
    })
}

/// Learns; `progress` is called after every round, and what it raises ends the work.
fn enter_training(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&dyn Stop, &mut dyn FnMut(&TrainProgress)) -> Result<String, Error> + Send,
) -> PyResult<String> {
    enter_interrupted(py, |interrupt| {
        let mut tell = |told: &TrainProgress| {
            if let Some(call) = &progress {
                let arguments = (told.fold, told.fold_count, told.round, told.held_out_loss);
                interrupt.ask(|py| call.call1(py, arguments).map(|_| ()));
            }
        };
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime alone")]
        let stop = || interrupt.ask(|py| py.check_signals());
        work(&stop, &mut tell)
    })
}

impl Labelled<'_> {
    fn rows(&self) -> Rows<'_> {
        Rows {
            values: self.values.view(),
            labels: self.labels.as_array().to_vec(),
            weights: self.weights.as_ref().map(|weights| weights.as_array().to_vec()),
        }
    }
}

impl Rows<'_> {
    fn dataset(self, schema: &FeatureSchema) -> Result<Dataset, Error> {
        Dataset::from_matrix(schema.clone(), self.values.to_matrix()?, self.labels, self.weights)
    }
}
