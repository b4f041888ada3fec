//! The line `objective=<name> <key:value> …`.

use super::error::{invalid, unsupported};
use crate::Error;
use crate::forest::model::Link;

pub(super) struct Objective {
    /// As in the file; empty for a custom one.
    pub(super) name: String,
    pub(super) link: Link,
}

/// Reads the value of the line, which is empty where there is none.
pub(super) fn read(text: &str, outputs: usize) -> Result<Objective, Error> {
    let mut words = text.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let parameters: Vec<&str> = words.collect();
    let parameter = |key: &str| {
        parameters.iter().find_map(|word| word.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')))
    };
    let sigmoid = || {
        let slope = parameter("sigmoid").unwrap_or_default();
        match slope.parse::<f64>() {
            Ok(number) if number > 0.0 && number.is_finite() => Ok(Link::Sigmoid(number)),
            _ => Err(invalid(
                "objective",
                format!("{name} needs a parameter sigmoid above 0, found {slope:?}"),
            )),
        }
    };
    // `reg_sqrt`: trained on the signed root of the target, where the loss allows it.
    let root = || if parameters.contains(&"sqrt") { Link::SignedSquare } else { Link::Identity };

    let link = match name {
        "" | "custom" | "none" | "null" | "na" => {
            return Ok(Objective { name: String::new(), link: Link::Identity });
        }
        "multiclass" | "softmax" => Link::Softmax,
        "multiclassova" | "multiclass_ova" | "ova" | "ovr" | "binary" => sigmoid()?,
        "cross_entropy" | "xentropy" => Link::Sigmoid(1.0),
        "cross_entropy_lambda" | "xentlambda" => Link::LogOnePlusExp,
        "poisson" | "gamma" | "tweedie" => Link::Exp,
        "regression"
        | "regression_l2"
        | "l2"
        | "mean_squared_error"
        | "mse"
        | "l2_root"
        | "root_mean_squared_error"
        | "rmse"
        | "regression_l1"
        | "l1"
        | "mean_absolute_error"
        | "mae"
        | "fair"
        | "quantile"
        | "mape"
        | "mean_absolute_percentage_error" => root(),
        "huber" | "lambdarank" | "rank_xendcg" | "xendcg" | "xe_ndcg" | "xe_ndcg_mart" | "xendcg_mart" => {
            Link::Identity
        }
        name => return Err(unsupported("objective", format!("{name:?} is no objective known here"))),
    };
    let several =
        matches!(name, "multiclass" | "softmax" | "multiclassova" | "multiclass_ova" | "ova" | "ovr");
    if several {
        let classes = parameter("num_class").unwrap_or_default();
        if classes.parse() != Ok(outputs) {
            let message = format!("{name} is for {classes:?} classes, but a round has {outputs} trees");
            return Err(invalid("objective", message));
        }
    } else if outputs != 1 {
        return Err(invalid("objective", format!("{name} has one output, but a round has {outputs} trees")));
    }
    Ok(Objective { name: name.to_owned(), link })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_by_objective() {
        let link = |line, outputs| read(line, outputs).unwrap().link;
        assert_eq!(link("binary sigmoid:2.5", 1), Link::Sigmoid(2.5));
        assert_eq!(link("multiclass num_class:3", 3), Link::Softmax);
        assert_eq!(link("multiclassova num_class:3 sigmoid:1", 3), Link::Sigmoid(1.0));
        assert_eq!(link("cross_entropy", 1), Link::Sigmoid(1.0));
        assert_eq!(link("xentlambda", 1), Link::LogOnePlusExp);
        assert_eq!(link("regression", 1), Link::Identity);
        assert_eq!(link("regression sqrt", 1), Link::SignedSquare);
        assert_eq!(link("huber sqrt", 1), Link::Identity);
        assert_eq!(link("poisson sqrt", 1), Link::Exp);
        assert_eq!(link("tweedie", 1), Link::Exp);
        assert_eq!(link("lambdarank", 1), Link::Identity);
        assert_eq!(link("", 4), Link::Identity);
    }

    #[test]
    fn objectives_that_cannot_be_used() {
        let error = |line, outputs| {
            let error = read(line, outputs).err().unwrap();
            (error.code(), error.to_string())
        };
        assert_eq!(
            error("survival", 1),
            ("unsupported_model", "objective: \"survival\" is no objective known here".to_owned())
        );
        for (line, outputs) in [
            ("binary", 1),
            ("binary sigmoid:0", 1),
            ("binary sigmoid:nan", 1),
            ("binary sigmoid:1", 2),
            ("multiclass num_class:3", 2),
            ("multiclassova num_class:2", 2),
        ] {
            assert_eq!(error(line, outputs).0, "invalid_model", "{line}");
        }
    }
}
