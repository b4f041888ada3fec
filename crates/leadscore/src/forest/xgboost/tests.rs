use std::fs;

use super::document::{Doc, DocCursor};
use super::load;
use crate::forest::model::{Booster, FeatureKind, Link, Model};
use crate::forest::precision::widen_threshold;
use crate::forest::tests::shared;
use crate::forest::tree::{Leaf, Node, Split, Test};
use crate::record::AttributeRef;

/// Two features, one of them categorical with names, one tree of two splits, three leaves and an unused slot.
const MODEL: &str = r#"{"version":[3,4,1],"extra":{"a":[null]},"learner":{
"learner_model_param":{"base_score":"[5E-1]","num_class":"0","num_feature":"2","num_target":"1"},
"attributes":{"best_iteration":"0","note":"x"},"feature_names":["size","city \"ü\""],"feature_types":["float","c"],
"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}},
"gradient_booster":{"name":"gbtree","model":{
"gbtree_model_param":{"num_trees":"1","num_parallel_tree":"1"},"tree_info":[0],"iteration_indptr":[0,1],
"cats":{"enc":[{"offsets":[],"values":[]},{"offsets":[0,2,3,3,5],"values":[-61,-68,98,99,100]}],"sorted_idx":[]},
"trees":[{"id":0,"tree_param":{"num_nodes":"6","num_deleted":"1","size_leaf_vector":"1"},
"left_children":[1,3,-1,-1,-1,77],"right_children":[2,4,-1,-1,-1,99],"parents":[2147483647,0,0,1,1,0],
"split_indices":[0,1,0,0,0,9],"split_conditions":[1.5E0,1E-45,-2E0,3E0,4,NaN],"split_type":[0,1,0,0,0,5],
"default_left":[1,0,0,0,0,7],"loss_changes":[9E0,8E0,0E0,0E0,0E0,0E0],"sum_hessian":[1E1,6E0,4E0,2E0,4E0,0E0],
"base_weights":[0E0,0E0,0E0,0E0,0E0,0E0],"categories":[3,1],"categories_nodes":[1],"categories_segments":[0],
"categories_sizes":[2]}]}}}}"#;

/// The same document in the other encoding.
fn ubjson(doc: &Doc) -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        [b"L", (text.len() as i64).to_be_bytes().as_slice(), text.as_bytes()].concat()
    }
    fn packed<const N: usize>(kind: u8, items: impl ExactSizeIterator<Item = [u8; N]>) -> Vec<u8> {
        let mut bytes = vec![b'[', b'$', kind, b'#', b'L'];
        bytes.extend((items.len() as i64).to_be_bytes());
        bytes.extend(items.flatten());
        bytes
    }
    match doc {
        Doc::Null => vec![b'Z'],
        Doc::Bool(value) => vec![if *value { b'T' } else { b'F' }],
        Doc::Int(number) => [b"L".as_slice(), &number.to_be_bytes()].concat(),
        Doc::Real(number) => [b"d".as_slice(), &number.to_be_bytes()].concat(),
        Doc::Text(own) => [b"S".to_vec(), text(own)].concat(),
        Doc::Ints(list) => packed(b'l', list.iter().map(|number| (*number as i32).to_be_bytes())),
        Doc::Reals(list) => packed(b'd', list.iter().map(|number| number.to_be_bytes())),
        Doc::List(list) => {
            let items = list.iter().flat_map(ubjson);
            b"[#L".iter().copied().chain((list.len() as i64).to_be_bytes()).chain(items).collect()
        }
        Doc::Object(fields) => {
            let items = fields.iter().flat_map(|(key, value)| [text(key), ubjson(value)].concat());
            b"{".iter().copied().chain(items).chain(*b"}").collect()
        }
    }
}

fn binary(model: &str) -> Vec<u8> {
    ubjson(&super::text::read(model.as_bytes()).unwrap())
}

/// The model with one passage replaced.
fn with(from: &str, to: &str) -> String {
    assert!(MODEL.contains(from), "{from}");
    MODEL.replacen(from, to, 1)
}

fn open(model: &str) -> Model {
    let forest = load(model.as_bytes()).unwrap();
    assert_eq!(load(&binary(model)).as_ref(), Ok(&forest));
    forest
}

fn nodes(model: &Model) -> &[Node] {
    let Booster::Trees(trees) = &model.booster else { panic!("no trees") };
    &trees[0].nodes
}

/// The margins in f32, in tree order, as XGBoost sums them.
fn margins(model: &Model, row: &[f64]) -> Vec<f32> {
    let mut sums: Vec<f32> = model.base_score.iter().map(|base| *base as f32).collect();
    let outputs = sums.len();
    match &model.booster {
        Booster::Linear(weights) => {
            let value = |feature: usize, output: usize| weights[feature * outputs + output];
            for (output, sum) in sums.iter_mut().enumerate() {
                *sum += value(row.len(), output);
                for (feature, x) in row.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
                    *sum += *x as f32 * value(feature, output);
                }
            }
        }
        Booster::Trees(trees) => {
            for tree in trees {
                let mut node = &tree.nodes[0];
                while let Node::Split(split) = node {
                    node = &tree.nodes[if goes_left(split, row) { split.left } else { split.right }];
                }
                match node {
                    Node::Leaf { leaf: Leaf::Value(value), .. } => sums[tree.output] += *value as f32,
                    Node::Leaf { leaf: Leaf::Vector(values), .. } => {
                        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += *value as f32);
                    }
                    _ => panic!("no leaf of XGBoost"),
                }
            }
        }
    }
    sums
}

fn goes_left(split: &Split, row: &[f64]) -> bool {
    let x = row[split.feature];
    match &split.test {
        _ if x.is_nan() => split.default_left,
        Test::Numerical { threshold, .. } => x < *threshold,
        Test::Categorical { categories, members_left, .. } => {
            let code = x as f32;
            let member = (0.0..16_777_216.0).contains(&code) && categories.contains(&(code as u32));
            member == *members_left
        }
    }
}

#[test]
fn margins_of_saved_models_to_the_bit() {
    for (case, model) in [("xgb-2.1.4-binary-ubj", "model.ubj"), ("xgb-3.4.1-binary-json", "model.json")] {
        let Some(folder) = shared(&format!("models/{case}")) else { continue };
        let forest = load(&fs::read(folder.join(model)).unwrap()).unwrap();
        assert_eq!(forest.link, Link::Sigmoid(1.0));
        assert_eq!((forest.round_ends.len(), forest.features.len()), (20, 5));
        let [input, expected] =
            ["input.csv", "expected.csv"].map(|name| fs::read_to_string(folder.join(name)).unwrap());
        assert_eq!((input.lines().count(), expected.lines().count()), (201, 201));
        let cell = |cell: &str| if cell.is_empty() { f64::NAN } else { cell.parse().unwrap() };
        for (row, expected) in input.lines().zip(expected.lines()).skip(1) {
            let margin: f32 = expected.split(',').next().unwrap().parse().unwrap();
            let values: Vec<f64> = row.split(',').map(cell).collect();
            assert_eq!(margins(&forest, &values)[0].to_bits(), margin.to_bits(), "{case}: {row}");
        }
    }
}

#[test]
fn everything_of_a_small_model() {
    let forest = open(MODEL);
    assert_eq!((forest.library_version.as_str(), forest.objective.as_str()), ("3.4.1", "reg:squarederror"));
    assert_eq!((forest.base_score.as_slice(), forest.round_ends.as_slice()), (&[0.5][..], &[1][..]));
    assert_eq!((forest.best_iteration, forest.attributes["note"].as_str()), (Some(0), "x"));
    let names: Vec<_> = forest.features.iter().map(|feature| feature.name.as_deref()).collect();
    assert_eq!(names, [Some("size"), Some("city \"ü\"")]);
    assert_eq!(forest.features[1].levels.names(), ["ü", "b", "", "cd"]);
    assert_eq!(
        [0, 1].map(|feature: usize| forest.features[feature].kind),
        [FeatureKind::Numerical, FeatureKind::Categorical]
    );
    let categorical =
        Test::Categorical { categories: vec![1, 3], members_left: false, negative_fraction_is_zero: false };
    let numerical = Test::Numerical { threshold: widen_threshold(1.5), zero_is_missing: false };
    let split = |feature, test, default_left, [left, right]: [usize; 2], cover, gain| {
        Node::Split(Split { feature, test, default_left, left, right, cover, gain })
    };
    let leaf = |value, cover| Node::Leaf { leaf: Leaf::Value(value), cover };
    let expected = [
        split(0, numerical, true, [1, 4], 10.0, 9.0),
        split(1, categorical, false, [2, 3], 6.0, 8.0),
        leaf(3.0, 2.0),
        leaf(4.0, 4.0),
        leaf(-2.0, 4.0),
    ];
    assert_eq!(nodes(&forest), expected);
    // Before 3.4 lengths are in characters or in bytes, which the file does not say; both readings have one code.
    let older = open(&with("[3,4,1]", "[3,3,0]"));
    assert_eq!(older.features[1].levels.names(), ["üb", "c", "", "d…"]);
    let code = |text: &str| older.features[1].levels.code(AttributeRef::Text(text));
    assert_eq!(
        ["üb", "ü", "c", "b", "dx", "cd", "d", "x"].map(code),
        [Some(0), Some(0), Some(1), Some(1), Some(3), Some(3), None, None]
    );
    let ascii = open(&with("[3,4,1]", "[3,1,0]").replace("[-61,-68,98", "[97,97,98"));
    assert_eq!(ascii.features[1].levels.names(), ["aa", "b", "", "cd"]);
    for (row, margin) in [([1.0, 3.9], 4.5), ([1.0, 2.0], 3.5), ([f64::NAN, -1.0], 3.5), ([1.5, 1.0], -1.5)] {
        assert_eq!(margins(&forest, &row), [margin]);
    }
}

#[test]
fn names_that_were_cut_by_characters_are_read_one_after_the_other() {
    // "Łódź", "São Paulo", "東京都" and "京": 4 + 9 + 3 + 1 characters, in 7 + 10 + 9 + 3 bytes of which 17 are kept.
    let text = "ŁódźSão Paulo東京都京";
    let kept: Vec<String> = text.as_bytes()[..17].iter().map(|byte| (*byte as i8).to_string()).collect();
    let model = with("[3,4,1]", "[3,2,0]")
        .replace("[0,2,3,3,5]", "[0,4,13,16,17]")
        .replace("[-61,-68,98,99,100]", &format!("[{}]", kept.join(",")));
    let feature = &open(&model).features[1];
    assert_eq!(feature.levels.names(), ["Łódź", "São Paulo", "category 2…", "category 3…"]);
    assert_eq!(feature.lost, [2, 3]);
    let code = |text: &str| feature.levels.code(AttributeRef::Text(text));
    assert_eq!(["Łódź", "São Paulo", "東京都", "Łód"].map(code), [Some(0), Some(1), None, None]);
    // What is not UTF-8 in between is damage.
    let broken = model.replacen("[-59,", "[66,", 1);
    assert!(load(broken.as_bytes()).unwrap_err().to_string().contains("not UTF-8"), "{broken}");
    let falling = model.replace("[0,4,13,16,17]", "[0,4,3,16,17]");
    assert!(load(falling.as_bytes()).is_err());
}

#[test]
fn old_files_lack_much() {
    let mut old = MODEL.replace("[1,0,0,0,0,7]", "[true,false,false,false,false,true]");
    for (from, to) in [
        (r#""base_score":"[5E-1]""#, r#""base_score":"0.250000""#),
        (r#","num_target":"1""#, ""),
        (r#","iteration_indptr":[0,1]"#, ""),
        (r#","num_parallel_tree":"1""#, ""),
        (r#""attributes":{"best_iteration":"0","note":"x"},"#, ""),
        (r#","sum_hessian":[1E1,6E0,4E0,2E0,4E0,0E0]"#, ""),
        (r#""split_type":[0,1,0,0,0,5],"#, ""),
        (r#""size_leaf_vector":"1""#, r#""size_leaf_vector":"0""#),
    ] {
        assert!(old.contains(from), "{from}");
        old = old.replace(from, to);
    }
    let forest = load(old.as_bytes()).unwrap();
    assert_eq!((forest.base_score.as_slice(), forest.round_ends.as_slice()), (&[0.25][..], &[1][..]));
    assert!(nodes(&forest).iter().all(|node| node.cover().is_nan()));
    assert!(matches!(&nodes(&forest)[1], Node::Split(Split { test: Test::Numerical { .. }, .. })));
}

#[test]
fn base_margins_follow_the_objective() {
    let base = |objective: &str, score: &str| {
        let model = with("reg:squarederror", objective).replace("[5E-1]", score);
        load(model.as_bytes()).map(|forest| (forest.link, forest.base_score[0]))
    };
    assert_eq!(base("binary:logistic", "[5E-1]"), Ok((Link::Sigmoid(1.0), 0.0)));
    let logit = f64::from(f32::from_bits(0xbe98_cff0));
    assert_eq!(base("reg:logistic", "4.2593363E-1"), Ok((Link::Sigmoid(1.0), logit)));
    let half = f64::from(f32::from_bits(0xbf31_7218));
    for objective in ["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"] {
        assert_eq!(base(objective, "5E-1"), Ok((Link::Exp, half)));
        assert_eq!(base(objective, "0").unwrap_err().code(), "invalid_model");
    }
    assert_eq!(base("binary:logitraw", "3E-1"), Ok((Link::LogOdds, f64::from(0.3_f32))));
    let early = with("reg:squarederror", "binary:logitraw").replace("[3,4,1]", "[1,2,1]");
    assert_eq!(load(early.as_bytes()).unwrap().base_score, [0.0]);
    assert_eq!(base("binary:hinge", "5E-1"), Ok((Link::Step, 0.5)));
    assert_eq!(base("multi:softmax", "5E-1"), Ok((Link::ArgMax, 0.5)));
    assert_eq!(base("multi:softprob", "[ 5E-1 ]"), Ok((Link::Softmax, 0.5)));
    for score in ["0", "1", "[1E0]", "NaN", "2", "-1"] {
        let error = base("binary:logistic", score).unwrap_err();
        assert_eq!(error.path(), "learner.learner_model_param.base_score", "{score}");
        assert!(error.message().contains("must lie between 0 and 1"), "{error}");
    }
    for score in ["", "[]", "x", "[5E-1,5E-1]", "[[1]]", "inf"] {
        assert_eq!(base("reg:squarederror", score).unwrap_err().code(), "invalid_model", "{score}");
    }
    let error = base("reg:mine", "1").unwrap_err();
    assert_eq!((error.code(), &*error.path().to_string()), ("unsupported_model", "learner.objective.name"));
    assert!(error.message().contains("`reg:mine`"));
}

#[test]
fn several_outputs_and_dart() {
    let two = with(r#""num_target":"1""#, r#""num_target":"2""#).replace("[5E-1]", "[5E-1,2]");
    let forest = open(&two.replace(r#""tree_info":[0]"#, r#""tree_info":[1]"#));
    assert_eq!(margins(&forest, &[1.5, 0.0]), [0.5, 0.0]);

    let wide = two.replace(r#""size_leaf_vector":"1""#, r#""size_leaf_vector":"2""#);
    let own = r#""base_weights":[0,0,0,0,1,-1,2,-2,3,-3.5,NaN,NaN]"#;
    let own = wide.replace(r#""base_weights":[0E0,0E0,0E0,0E0,0E0,0E0]"#, own);
    let named = wide
        .replace(r#""base_weights""#, r#""leaf_weights":[3,-3.5,1,-1,2,-2],"base_weights""#)
        .replace("[2,4,-1,-1,-1,99]", "[2,4,1,2,0,99]");
    for model in [&own, &named] {
        let forest = load(model.as_bytes()).unwrap();
        assert_eq!(forest.round_ends, [1]);
        assert_eq!(margins(&forest, &[1.5, 0.0]), [1.5, 1.0]);
        assert_eq!(margins(&forest, &[1.0, 1.0]), [3.5, -1.5]);
    }
    for rows in ["[2,4,1,1,0,99]", "[2,4,1,3,0,99]", "[2,4,1,-1,0,99]"] {
        let error = load(named.replace("[2,4,1,2,0,99]", rows).as_bytes()).unwrap_err();
        assert!(error.path().to_string().starts_with("trees[0].nodes["), "{error}");
    }

    let dart =
        with(r#""name":"gbtree","model":{"#, r#""name":"dart","weight_drop":[0.1],"gbtree":{"model":{"#)
            .replace("}]}}}}", "}]}}}}}");
    let folded = f64::from(-2.0_f32 * 0.1_f32);
    assert!(matches!(nodes(&open(&dart))[4], Node::Leaf { leaf: Leaf::Value(value), .. } if value == folded));
    assert!(load(dart.replace("[0.1]", "[0.1,1]").as_bytes()).is_err());
    assert!(load(dart.replace("weight_drop", "weights").as_bytes()).is_err());
    for name in ["gbtree", "dart"] {
        let inside = with(r#""trees":["#, r#""weight_drop":[0.1],"trees":["#)
            .replace("gbtree\",", &format!("{name}\","));
        assert_eq!(open(&inside).booster, open(&dart).booster);
    }

    let linear = MODEL.split(r#""gradient_booster":"#).next().unwrap().to_owned();
    let linear = linear + r#""gradient_booster":{"name":"gblinear","model":{"weights":[2,0.5,-1]}}}}"#;
    let forest = open(&linear);
    assert_eq!(forest.booster, Booster::Linear(vec![2.0, 0.5, -1.0]));
    assert_eq!(margins(&forest, &[3.0, f64::NAN]), [5.5]);
    let classes = linear.replace(r#""num_class":"0""#, r#""num_class":"2""#).replace("[5E-1]", "[5E-1,7]");
    assert_eq!(open(&classes.replace("[2,0.5,-1]", "[1,2,3,4,5,6]")).base_score, [0.5, 0.5]);
    for weights in ["[2,0.5]", "[2,0.5,Infinity]", "[]"] {
        assert!(load(linear.replace("[2,0.5,-1]", weights).as_bytes()).is_err());
    }
}

#[test]
fn malformed_models_are_refused_with_their_path() {
    let cases = [
        ("[1,3,-1,-1,-1,77]", "[1,3,-1,-1,-1]", "trees[0]"),
        ("[1,3,-1,-1,-1,77]", "[9,3,-1,-1,-1,77]", "trees[0].nodes[0]"),
        ("[1,3,-1,-1,-1,77]", "[1,-3,-1,-1,-1,77]", "trees[0].nodes[1]"),
        ("[2,4,-1,-1,-1,99]", "[2,0,-1,-1,-1,99]", "trees[0].nodes[0]"),
        ("[2,4,-1,-1,-1,99]", "[2,3,-1,-1,-1,99]", "trees[0].nodes[3]"),
        ("[2,4,-1,-1,-1,99]", "[2,4,-1,-1,-1]", "trees[0]"),
        ("[0,1,0,0,0,9]", "[2,1,0,0,0,9]", "trees[0].nodes[0]"),
        ("[0,1,0,0,0,9]", "[0,-1,0,0,0,9]", "trees[0].nodes[1]"),
        ("1.5E0", "NaN", "trees[0].nodes[0]"),
        ("-2E0", "NaN", "trees[0].nodes[2]"),
        ("3E0", "Infinity", "trees[0].nodes[3]"),
        ("[1,0,0,0,0,7]", "[2,0,0,0,0,7]", "trees[0].nodes[0]"),
        ("[0,1,0,0,0,5]", "[0,2,0,0,0,5]", "trees[0].nodes[1]"),
        (r#""categories_nodes":[1]"#, r#""categories_nodes":[2]"#, "trees[0].nodes[1]"),
        (r#""categories_sizes":[2]"#, r#""categories_sizes":[3]"#, "trees[0]"),
        (r#""categories_sizes":[2]"#, r#""categories_sizes":[]"#, "trees[0]"),
        (r#""categories":[3,1]"#, r#""categories":[3,-1]"#, "trees[0].nodes[1]"),
        (r#""categories":[3,1]"#, r#""categories":[3,16777216]"#, "trees[0].nodes[1]"),
        (r#""num_nodes":"6""#, r#""num_nodes":"4000000000""#, "trees[0]"),
        (r#""num_trees":"1""#, r#""num_trees":"2""#, "learner.gradient_booster.model.trees"),
        (r#""tree_info":[0]"#, r#""tree_info":[1]"#, "learner.gradient_booster.model.tree_info"),
        (r#""tree_info":[0]"#, r#""tree_info":[]"#, "learner.gradient_booster.model.tree_info"),
        (r#"indptr":[0,1]"#, r#"indptr":[0,2]"#, "learner.gradient_booster.model.iteration_indptr"),
        (r#""id":0"#, r#""id":1"#, "learner.gradient_booster.model.trees"),
        (r#"["float","c"]"#, r#"["float"]"#, "learner.feature_types"),
        (r#""num_feature":"2""#, r#""num_feature":"-2""#, "learner.learner_model_param.num_feature"),
        (r#""num_class":"0""#, r#""num_class":"99999999999""#, "learner.learner_model_param"),
        ("[0,2,3,3,5]", "[0,1,3,3,5]", "cats.enc[1]"),
        ("[0,2,3,3,5]", "[0,2,3,3,6]", "cats.enc[1]"),
        (r#""left_children""#, r#""left""#, "trees[0].left_children"),
    ];
    for (from, to, path) in cases {
        let error = load(with(from, to).as_bytes()).unwrap_err();
        assert_eq!((error.code(), &*error.path().to_string()), ("invalid_model", path), "{to}: {error}");
    }
    let error = load(with(r#""num_feature":"2""#, r#""num_feature":"99999999999""#).as_bytes()).unwrap_err();
    assert_eq!(error.code(), "unsupported_model");
    let error = load(with("gbtree", "gbforest").as_bytes()).unwrap_err();
    assert_eq!(
        (error.code(), &*error.path().to_string()),
        ("unsupported_model", "learner.gradient_booster.name")
    );
}

#[test]
fn other_files_are_named() {
    let cases: [(&[u8], &str); 14] = [
        (b"binf\0\0\0?", "old binary format"),
        (b"\0\0\0\x3f\x05\0\0\0\0\0", "old binary format"),
        (b"bs64\tAAAA", "old binary format"),
        (b"\x80\x04\x95abc", "pickle"),
        (b"\x78\x9cabc", "joblib"),
        (b"\x1f\x8babc", "compressed"),
        (b"CONFIG-offset:1234", "memory snapshot"),
        (br#"{"Config":{},"Model":{"learner":{}}}"#, "memory snapshot"),
        (br#"[{"nodeid":0,"leaf":1}]"#, "dump_model"),
        (br#"{"nodeid":0,"leaf":1}"#, "dump_model"),
        (b"booster[0]:\n0:[f1<2] yes=1", "dump_model"),
        (br#"{"name":"tree","version":"v4","tree_info":[]}"#, "LightGBM"),
        (b"{}", "no `learner`"),
        (b"hello", "neither JSON nor UBJSON"),
    ];
    for (bytes, part) in cases {
        let error = load(bytes).unwrap_err();
        assert_eq!(error.code(), "unsupported_model", "{part}");
        assert!(error.message().contains(part), "{error}");
    }
    assert_eq!(load(b"").unwrap_err().code(), "invalid_model");
    let snapshot = ubjson(&super::text::read(br#"{"Config":{},"Model":{}}"#).unwrap());
    assert!(load(&snapshot).unwrap_err().message().contains("memory snapshot"));
}

#[test]
fn damaged_files_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as usize % below
    };
    for whole in [MODEL.as_bytes().to_vec(), binary(MODEL)] {
        let mut loaded = 0;
        for _ in 0..20_000 {
            let mut bytes = whole.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                match random(5) {
                    0 => bytes.truncate(at.max(1)),
                    1 => bytes[at] ^= 1 << random(8),
                    2 => bytes[at] = random(256) as u8,
                    3 => bytes[at] = b"0123456789-E[]{}\",:$#lLdUiSNZ"[random(29)],
                    _ => drop(bytes.remove(at)),
                }
                if bytes.is_empty() {
                    bytes.push(b'{');
                }
            }
            loaded += usize::from(load(&bytes).is_ok());
        }
        assert!(loaded > 0);
    }
    assert!(DocCursor::new(&Doc::Null, String::new()).required("x").is_err());
}
