//! Whole trainings.

use super::*;
use crate::evaluate::Outcomes;
use crate::math::random::sequence;
use crate::math::sigmoid;
use crate::{AsOf, FeatureMatrix, FeatureSchema, Lead, Timestamp, Zone};

fn schema() -> FeatureSchema {
    FeatureSchema::from_json(
        r#"{"features": [
            {"name": "visits", "type": "number", "source": {"from": "attribute"}},
            {"name": "source", "type": "category", "levels": ["ads", "fair", "web"], "source": {"from": "attribute"}},
            {"name": "asked", "type": "flag", "source": {"from": "attribute"}}]}"#,
    )
    .unwrap()
}

fn lead(next: &mut impl FnMut() -> f64) -> (Lead, f64) {
    let visits = (next() * 20.0).floor();
    let source = ["ads", "fair", "web"][(next() * 3.0) as usize];
    let asked = next() < 0.3;
    let margin =
        0.3 * (visits - 10.0) + if source == "fair" { 1.0 } else { -0.5 } + if asked { 1.0 } else { 0.0 };
    (Lead::default().with("visits", visits).with("source", source).with("asked", asked), sigmoid(margin))
}

fn dataset(schema: &FeatureSchema, count: usize, seed: u64) -> Dataset {
    let mut next = sequence(seed, 0);
    let at = Timestamp::parse("2026-11-01", &Zone::utc()).unwrap();
    let mut rows = Dataset::builder(schema, Zone::utc());
    for _ in 0..count {
        let (lead, p) = lead(&mut next);
        let label = if next() < p { 1.0 } else { 0.0 };
        rows.add(&lead, at, label).unwrap();
    }
    rows.finish().unwrap()
}

fn trainer() -> Trainer {
    Trainer::new("mine").synthetic().training_date("2026-11-22")
}

#[test]
fn the_law_behind_made_up_leads_is_learned_and_calibrated() {
    let schema = schema();
    let trained = trainer().fit(&dataset(&schema, 4000, 1), &Workers::new().threads(2), &mut |_| {}).unwrap();
    // As it is read from its file.
    let pipeline = Pipeline::from_json(&trained.pipeline.to_json()).unwrap();
    let mut next = sequence(2, 0);
    let as_of = AsOf::parse("2026-11-22", &Zone::utc()).unwrap();
    let (mut told, mut truth, mut labels, mut off) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for _ in 0..3000 {
        let (lead, p) = lead(&mut next);
        let told_p = pipeline.score(&lead, &as_of).unwrap().probability.unwrap();
        off += (told_p - p).abs() / 3000.0;
        told.push(told_p);
        truth.push(p);
        labels.push(if next() < p { 1.0 } else { 0.0 });
    }
    let (told, truth) = (Outcomes::new(told, labels.clone()).unwrap(), Outcomes::new(truth, labels).unwrap());
    assert!(told.auc() > truth.auc() - 0.005, "{} {}", told.auc(), truth.auc());
    assert!(told.log_loss() < truth.log_loss() * 1.02, "{} {}", told.log_loss(), truth.log_loss());
    assert!(off < 0.03, "{off}");
    let error = told.calibration_error(500, 1);
    assert!(error.expected < error.perfect_999, "{error:?}");
    // What is said of leads out of fold holds for new ones.
    let report = &trained.report;
    assert!((report.out_of_fold.auc() - told.auc()).abs() < 0.02);
    assert_eq!(report.folds.iter().map(|fold| fold.lead_count).sum::<usize>(), 4000);
    let counted: usize = report.tiers.iter().map(|tier| tier.won_count).sum();
    assert_eq!(counted, report.won_count);
    let hot = &report.tiers[0];
    let share = hot.won_count as f64 / report.won_count as f64;
    assert!((0.49..0.6).contains(&share), "{share}");
}

#[test]
fn the_same_leads_and_seed_give_the_same_file() {
    let schema = schema();
    let leads = dataset(&schema, 800, 3);
    let fit = |threads, seed| {
        let trained =
            trainer().seed(seed).fit(&leads, &Workers::new().threads(threads), &mut |_| {}).unwrap();
        trained.pipeline.to_json()
    };
    let one = fit(1, 0);
    assert_eq!(one, fit(3, 0));
    assert_ne!(one, fit(1, 1));
    assert_eq!(Pipeline::from_json(&one).unwrap().to_json(), one);
}

#[test]
fn the_forest_is_the_mean_of_the_folds() {
    let examples = Examples::try_from(&dataset(&schema(), 600, 4)).unwrap();
    let fit = |seed| {
        let boosting = Boosting { rounds: 8, row_share: 0.5, seed, ..Boosting::default() };
        let own: Vec<usize> = (0..600).filter(|row| row % 3 != seed as usize % 3).collect();
        let own = examples.of_rows(&own);
        boosting.fit(&own, None, &Workers::new().threads(1), &mut |_| {}).unwrap().forest
    };
    let forests = [fit(1), fit(2), fit(3)];
    let mean = mean::of(&forests).margin(examples.matrix(), Iterations::All).unwrap();
    let own: Vec<Vec<f64>> =
        forests.iter().map(|forest| forest.margin(examples.matrix(), Iterations::All).unwrap()).collect();
    for (row, mean) in mean.iter().enumerate() {
        let expected = own.iter().map(|margins| margins[row]).sum::<f64>() / 3.0;
        assert!((mean - expected).abs() < 1e-5, "{mean} {expected}");
    }
    // It can be written for XGBoost, though not every margin is one that XGBoost begins with.
    let written = mean::of(&forests).to_xgboost_json().unwrap();
    let read = Forest::from_bytes(written.as_bytes()).unwrap();
    assert_eq!(read.margin(examples.matrix(), Iterations::All).unwrap(), mean);
}

#[test]
fn each_calibration_mends_margins_that_are_too_bold() {
    let mut next = sequence(9, 0);
    let truth: Vec<f64> = (0..8000).map(|_| next() * 6.0 - 3.0).collect();
    let labels: Vec<f64> =
        truth.iter().map(|margin| if next() < sigmoid(*margin) { 1.0 } else { 0.0 }).collect();
    let bold: Vec<f64> = truth.iter().map(|margin| 2.0 * margin + 0.7).collect();
    let weights = vec![1.0; 8000];
    let known = curve::Known { margins: &bold, labels: &labels, weights: &weights };
    for method in CalibrationMethod::ALL {
        let fitted = calibrate::fit(method, &known, 1.0, 1).unwrap();
        let Some(calibration) = fitted.calibration else { continue };
        let off = truth
            .iter()
            .zip(&bold)
            .map(|(truth, bold)| (calibration.probability(*bold) - sigmoid(*truth)).abs());
        let off = off.sum::<f64>() / 8000.0;
        assert!(off < 0.02, "{method:?} {off}");
        // Leads keep their order.
        let ordered = [-9.0, -5.0, 0.0, 0.1, 5.0, 9.0].map(|margin| calibration.probability(margin));
        assert!(ordered.windows(2).all(|pair| pair[0] < pair[1]), "{method:?} {ordered:?}");
    }
    let best = calibrate::fit(CalibrationMethod::Best, &known, 1.0, 1).unwrap();
    assert_ne!(best.method, CalibrationMethod::None);
    assert_eq!(best.log_losses.len(), 5);
}

#[test]
fn margins_of_less_variance_get_a_steeper_curve() {
    // Four outcomes for each of 1,000 margins from -2 to 2, spread evenly by the golden ratio.
    let margins: Vec<f64> = (0..4000).map(|row| f64::from(row / 4) / 250.0 - 2.0).collect();
    let even = |row: usize| (row as f64 * 0.618_033_988_749_895) % 1.0;
    let labels: Vec<f64> = (0..4000).map(|row| f64::from(even(row) < sigmoid(margins[row]))).collect();
    let weights = vec![1.0; 4000];
    let known = curve::Known { margins: &margins, labels: &labels, weights: &weights };
    for method in [CalibrationMethod::Platt, CalibrationMethod::Bends, CalibrationMethod::Isotonic] {
        let curve = |kept| calibrate::fit(method, &known, kept, 1).unwrap().calibration.unwrap();
        let (as_it_is, steeper) = (curve(1.0), curve(0.8));
        // At 0.8 times the distance from the mean of the margins, which is -0.002, stands what stood at the whole distance.
        for margin in [-1.5, -0.4, 0.9, 1.6] {
            let gap = steeper.probability(-0.002 + 0.8 * (margin + 0.002)) - as_it_is.probability(margin);
            assert!(gap.abs() < 0.01, "{method:?} {margin} {gap}");
        }
    }
    // The margin as it is fits best, but would be too timid.
    let best = |kept| calibrate::fit(CalibrationMethod::Best, &known, kept, 1).unwrap();
    assert_eq!((best(1.0).method, best(0.8).method), (CalibrationMethod::None, CalibrationMethod::Platt));
    assert_eq!(best(0.8).log_losses.len(), 5);
}

#[test]
fn a_mean_keeps_the_variance_that_its_forests_share() {
    let examples = Examples::try_from(&dataset(&schema(), 600, 4)).unwrap();
    let fold_of: Vec<usize> = (0..600).map(|row| row % 3).collect();
    let fit = |seed| {
        let boosting = Boosting { rounds: 40, row_share: 0.2, seed, ..Boosting::default() };
        boosting.fit(&examples, None, &Workers::new().threads(1), &mut |_| {}).unwrap().forest
    };
    let one = fit(1);
    let margins = one.margin(examples.matrix(), Iterations::All).unwrap();
    let kept = |forests: &[Forest]| mean::kept_variance(forests, &examples, &fold_of, &margins).unwrap();
    assert_eq!(kept(&[one.clone(), one.clone(), one.clone()]), 1.0);
    // One forest beside that which has not seen a row cannot be compared.
    assert_eq!(kept(&[one.clone(), fit(2)]), 1.0);
    let forests = [one, fit(2), fit(3)];
    let told: Vec<Vec<f64>> =
        forests.iter().map(|forest| forest.margin(examples.matrix(), Iterations::All).unwrap()).collect();
    // Of two values half the squared difference is the variance; a mean of three takes two thirds of it away.
    let square = |number: f64| number * number;
    let halves = (0..600).map(|row| square(told[(row + 1) % 3][row] - told[(row + 2) % 3][row]) / 2.0);
    let mean = margins.iter().sum::<f64>() / 600.0;
    let single: f64 = margins.iter().map(|margin| square(margin - mean)).sum();
    let expected = 1.0 - halves.sum::<f64>() * 2.0 / 3.0 / single;
    assert!((kept(&forests) - expected).abs() < 1e-9 && expected < 0.999, "{expected}");
}

#[test]
fn isotonic_pools_are_those_worked_out_by_hand() {
    let margins = [1.0, 2.0, 3.0, 4.0, 5.0];
    let labels = [0.0, 1.0, 0.0, 1.0, 1.0];
    let known = curve::Known { margins: &margins, labels: &labels, weights: &[1.0; 5] };
    // 2 and 3 are out of order and pool to ½, 4 and 5 are alike: (won + ½) / (count + 1).
    let curve::Curve::Points(points) = curve::Curve::isotonic(&known) else { unreachable!() };
    assert_eq!(points, [(1.0, 0.25), (2.5, 0.5), (4.5, 2.5 / 3.0)]);
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let schema = schema();
    let at = Timestamp::parse("2026-11-01", &Zone::utc()).unwrap();
    let fit = |labels: &[f64]| {
        let mut rows = Dataset::builder(&schema, Zone::utc());
        for label in labels {
            rows.add(&Lead::new("a"), at, *label).unwrap();
        }
        trainer().fit(&rows.finish().unwrap(), &Workers::new(), &mut |_| {}).unwrap_err().to_string()
    };
    assert!(fit(&[1.0; 30]).contains("30 leads were won and 0 lost"));
    assert!(fit(&[0.0]).contains("at least 5 of each"));
    assert!(fit(&[0.0, 2.0]).contains("found 2"));
    let leads = dataset(&schema, 300, 5);
    let bad =
        |trainer: Trainer| trainer.fit(&leads, &Workers::new(), &mut |_| {}).unwrap_err().path().to_string();
    let few = dataset(&schema, 8, 5);
    assert!(few.labels().iter().sum::<f64>() < 5.0);
    let fit = |trainer: Trainer| trainer.rounds(3).fit(&few, &Workers::new(), &mut |_| {});
    assert_eq!(fit(trainer()).unwrap_err().path().to_string(), "labels");
    assert_eq!(fit(trainer().least_of_an_outcome(2)).unwrap().report.lead_count, 8);
    assert_eq!(bad(trainer().folds(1)), "folds");
    assert_eq!(bad(trainer().rounds(0)), "rounds");
    assert_eq!(bad(trainer().monotone("visit", Direction::Rising)), "monotone");
    assert_eq!(bad(trainer().tiers(TierGoal::Capture(vec![0.8, 0.5]))), "tiers");
    let stop: fn() -> bool = || true;
    let stopped = trainer().fit(&leads, &Workers::new().stop(&stop), &mut |_| {}).unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
}

#[test]
fn tiers_by_precision_hold_what_they_promise() {
    let goal = TierGoal::Precision(vec![0.7, 0.4]);
    let trained =
        trainer().tiers(goal).fit(&dataset(&schema(), 2000, 6), &Workers::new(), &mut |_| {}).unwrap();
    let hot = &trained.report.tiers[0];
    assert_eq!(hot.tier, "HOT");
    assert!(hot.won_count as f64 >= 0.69 * hot.lead_count as f64, "{hot:?}");
}

#[test]
fn leads_of_their_own_stop_calibrate_and_measure() {
    let schema = schema();
    let (past, validation, new) =
        (dataset(&schema, 2000, 7), dataset(&schema, 1500, 8), dataset(&schema, 3000, 9));
    let workers = Workers::new().threads(2);
    let trained = trainer().fit_validated(&past, &validation, &workers, &mut |_| {}).unwrap();
    let report = &trained.report;
    assert_eq!((report.lead_count, report.out_of_fold.count()), (2000, 1500));
    assert!(report.folds.iter().all(|fold| fold.lead_count == 1500));
    assert!(trained.pipeline.note().unwrap().starts_with("Learned from 2000 made-up leads"));
    // What is said of the validation leads holds for new ones.
    let told = trained.pipeline.score_matrix(new.matrix()).unwrap().probability;
    let told = Outcomes::new(told, new.labels().to_vec()).unwrap();
    assert!((report.out_of_fold.auc() - told.auc()).abs() < 0.02);
    assert!((report.out_of_fold.log_loss() - told.log_loss()).abs() < 0.03);
    let error = told.calibration_error(500, 1);
    assert!(error.expected < error.perfect_999, "{error:?}");
    // One outcome alone, and another schema, are refused by name.
    let bad = |validation: &Dataset| {
        let error = trainer().fit_validated(&past, validation, &workers, &mut |_| {}).unwrap_err();
        (error.kind(), error.path().to_string())
    };
    let won = FeatureMatrix::new(3, new.matrix().values().to_vec()).unwrap();
    let won = Dataset::from_matrix(schema.clone(), won, vec![1.0; 3000], None).unwrap();
    assert_eq!(bad(&won), (ErrorKind::InvalidMatrix, "validation.labels".to_owned()));
    let other = FeatureSchema::from_json(
        r#"{"features": [{"name": "visits", "type": "number", "source": {"from": "attribute"}}]}"#,
    );
    let rows = FeatureMatrix::new(1, vec![1.0]).unwrap();
    let other = Dataset::from_matrix(other.unwrap(), rows, vec![1.0], None).unwrap();
    assert_eq!(bad(&other), (ErrorKind::InvalidMatrix, "validation".to_owned()));
}

#[test]
fn a_matrix_gives_what_its_leads_give() {
    let schema = schema();
    let leads = dataset(&schema, 500, 10);
    let weights: Vec<f64> = (0..500).map(|row| f64::from(row % 3)).collect();
    let of = |weights| {
        let matrix = FeatureMatrix::new(3, leads.matrix().values().to_vec()).unwrap();
        let rows = Dataset::from_matrix(schema.clone(), matrix, leads.labels().to_vec(), weights).unwrap();
        trainer().rounds(30).fit(&rows, &Workers::new(), &mut |_| {}).unwrap().pipeline.to_json()
    };
    let by_lead = trainer().rounds(30).fit(&leads, &Workers::new(), &mut |_| {}).unwrap();
    let alone = of(None);
    assert_eq!(alone, of(Some(vec![1.0; 500])));
    assert_ne!(alone, of(Some(weights)));
    assert_eq!(by_lead.pipeline.to_json(), alone);
    let refused = |values: [f64; 3], labels: Vec<f64>, weights| {
        let matrix = FeatureMatrix::new(3, values.to_vec()).unwrap();
        Dataset::from_matrix(schema.clone(), matrix, labels, weights).unwrap_err().path().to_string()
    };
    let good = [1.0, 2.0, f64::NAN];
    assert_eq!(refused([1.0, 3.0, 0.0], vec![1.0], None), "rows[0]");
    assert_eq!(refused([1.0, 0.0, 0.5], vec![1.0], None), "rows[0]");
    assert_eq!(refused([f64::INFINITY, 0.0, 0.0], vec![1.0], None), "rows[0]");
    assert_eq!(refused(good, vec![1.0, 0.0], None), "labels");
    assert_eq!(refused(good, vec![f64::NAN], None), "labels[0]");
    assert_eq!(refused(good, vec![1.0], Some(vec![])), "weights");
    assert_eq!(refused(good, vec![1.0], Some(vec![-1.0])), "weights[0]");
}

#[test]
fn noise_does_not_look_like_something_learned() {
    let columns: Vec<String> = (0..5)
        .map(|at| format!(r#"{{"name": "x{at}", "type": "number", "source": {{"from": "attribute"}}}}"#))
        .collect();
    let schema = FeatureSchema::from_json(&format!(r#"{{"features": [{}]}}"#, columns.join(","))).unwrap();
    let at = Timestamp::parse("2026-11-01", &Zone::utc()).unwrap();
    let auc = |seed: u64| {
        let mut next = sequence(seed, 0);
        let mut rows = Dataset::builder(&schema, Zone::utc());
        for _ in 0..400 {
            let lead = (0..5).fold(Lead::default(), |lead, at| lead.with(format!("x{at}"), next()));
            rows.add(&lead, at, f64::from(u8::from(next() < 0.4))).unwrap();
        }
        let trained = trainer()
            .rounds(30)
            .fit(&rows.finish().unwrap(), &Workers::new().threads(2), &mut |_| {})
            .unwrap();
        trained.report.out_of_fold.auc()
    };
    let mean = (0..8).map(auc).sum::<f64>() / 8.0;
    // The standard error of the mean is about 0.01. Folds that lean on each other are a little below one half.
    assert!((0.45..0.52).contains(&mean), "{mean}");
}
