//! What of a record a score rests on.

use std::collections::BTreeSet;

use super::{Pipeline, Scorer};

/// What of a record the score of a pipeline rests on: what its rules weigh, or its model's columns.
///
/// ```
/// use leadscore::Pipeline;
/// let inputs = Pipeline::builtin("conversion")?.score_inputs();
/// assert!(inputs.reads_activities && inputs.attributes.iter().any(|name| name == "company"));
/// assert!(inputs.model_columns.is_empty());
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ScoreInputs {
    /// The attributes, in the order of the schema.
    pub attributes: Vec<String>,
    /// Whether activities count.
    pub reads_activities: bool,
    /// The columns of a model, in its order; none where rules score.
    pub model_columns: Vec<ModelColumn>,
}

/// A column of a model, and what it is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelColumn {
    /// Its name in the model.
    pub name: String,
    /// The attributes it is computed from.
    pub attributes: Vec<String>,
    /// Whether it is computed from activities too.
    pub reads_activities: bool,
}

impl Pipeline {
    /// What of a record the score rests on. Attributes that are only shown, or only tell risks, are not among them.
    pub fn score_inputs(&self) -> ScoreInputs {
        let schema = self.schema();
        let names = |attributes: &BTreeSet<usize>| -> Vec<String> {
            let all = schema.attribute_names().iter().enumerate();
            all.filter(|(index, _)| attributes.contains(index)).map(|(_, name)| name.to_owned()).collect()
        };
        let mut model_columns = Vec::new();
        let mut columns = BTreeSet::new();
        match self.scorer() {
            Scorer::Scorecard(card) => card.visit_columns(&mut |column| {
                columns.insert(column.index);
            }),
            Scorer::Forest(model) => {
                for input in model.inputs() {
                    let inputs = schema.inputs_of_column(input.column);
                    model_columns.push(ModelColumn {
                        name: input.name.clone(),
                        attributes: names(&inputs.attributes),
                        reads_activities: inputs.activities,
                    });
                    columns.insert(input.column);
                }
            }
        }
        let (mut attributes, mut reads_activities) = (BTreeSet::new(), false);
        for column in columns {
            let inputs = schema.inputs_of_column(column);
            attributes.extend(inputs.attributes);
            reads_activities |= inputs.activities;
        }
        ScoreInputs { attributes: names(&attributes), reads_activities, model_columns }
    }
}
