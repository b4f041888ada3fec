//! Scales from JSON.

use super::{Calibration, ClassScale, ClassWeight, Knot, Scale};
use crate::Error;
use crate::json::{Cursor, Node};

impl Scale {
    pub(crate) fn read(cursor: &Cursor<'_>) -> Result<Scale, Error> {
        let kind = cursor.entries()?.required("kind")?;
        let scale = match kind.text()? {
            "points" => {
                let fields = cursor.object(&["kind", "probability"])?;
                return Ok(if fields.flag("probability")? { Scale::percent() } else { Scale::points() });
            }
            "logistic" => {
                let fields = cursor.object(&["kind", "calibration"])?;
                let calibration = fields.optional("calibration").map(|c| read_calibration(&c)).transpose()?;
                return Ok(calibration.map_or_else(Scale::logistic, Scale::calibrated));
            }
            "linear" => {
                let fields = cursor.object(&["kind", "from", "to"])?;
                Scale::linear(fields.required("from")?.number()?, fields.required("to")?.number()?)
            }
            "quantiles" => {
                let fields = cursor.object(&["kind", "knots"])?;
                Scale::quantiles(read_knots(&fields.required("knots")?)?)
            }
            "classes" => return read_classes(cursor).map(Scale::Classes),
            other => {
                return Err(kind.error(format!(
                    "unknown scale `{other}`; known here: points, logistic, linear, quantiles, classes"
                )));
            }
        };
        scale.map_err(|error| error.within(cursor.path()))
    }
}

fn read_calibration(cursor: &Cursor<'_>) -> Result<Calibration, Error> {
    let kind = cursor.entries()?.required("kind")?;
    let calibration = match kind.text()? {
        "platt" => {
            let fields = cursor.object(&["kind", "a", "b"])?;
            Calibration::platt(fields.required("a")?.number()?, fields.required("b")?.number()?)
        }
        "knots" => Calibration::knots(read_knots(&cursor.object(&["kind", "knots"])?.required("knots")?)?),
        other => {
            return Err(kind.error(format!("unknown calibration `{other}`; known here: platt, knots")));
        }
    };
    calibration.map_err(|error| error.within(cursor.path()))
}

fn read_knots(cursor: &Cursor<'_>) -> Result<Vec<Knot>, Error> {
    let knot = |item: &Cursor<'_>| {
        let pair = item.items()?;
        let [margin, value] = pair.as_slice() else {
            return Err(item.error("a knot is a pair [margin, value]"));
        };
        Ok(Knot::new(margin.number()?, value.number()?))
    };
    cursor.items()?.iter().map(knot).collect()
}

fn read_classes(cursor: &Cursor<'_>) -> Result<ClassScale, Error> {
    let fields = cursor.object(&["kind", "classes", "calibration"])?;
    let class = |item: &Cursor<'_>| {
        let own = item.object(&["class", "weight"])?;
        Ok(ClassWeight::new(own.required("class")?.text()?, own.required("weight")?.number()?))
    };
    let list = fields.required("classes")?;
    let classes = list.items()?.iter().map(class).collect::<Result<Vec<_>, Error>>()?;
    let scale = ClassScale::new(classes).map_err(|error| error.within(cursor.path()))?;
    let Some(calibration) = fields.optional("calibration") else { return Ok(scale) };
    let own = calibration.object(&["kind", "temperature", "bias"])?;
    own.required("kind")?.word(&[("temperature", ())])?;
    let bias = match own.optional("bias") {
        None => vec![0.0; scale.names().len()],
        Some(list) => list.items()?.iter().map(Cursor::number).collect::<Result<Vec<f64>, _>>()?,
    };
    let temperature = own.required("temperature")?.number()?;
    scale.with_calibration(temperature, bias).map_err(|error| error.within(cursor.path()))
}

impl From<&Scale> for Node {
    fn from(scale: &Scale) -> Node {
        match scale {
            Scale::Single(scale) => scale.into(),
            Scale::Classes(classes) => classes.into(),
        }
    }
}
