use proptest::prelude::*;

use super::super::Document;
use super::super::meaning::fuse;
use super::*;

const MODEL: &str = "m";

fn base() -> KnowledgeBase {
    let text =
        "## Prices\nThe plan costs 49 euros.\n\n## Dogs\nThey may come along.\n\n## Trial\nIt takes 14 days.";
    KnowledgeBase::new([Document::new("a.md", text)]).unwrap()
}

fn axes() -> Vec<Vec<f32>> {
    vec![vec![1.0, 0.0, 0.0], vec![0.0, 2.0, 0.0], vec![0.0, 0.0, 1e-30]]
}

fn headings(base: &KnowledgeBase, query: &str) -> Vec<String> {
    base.search(query, 9).iter().map(|passage| passage.heading.clone()).collect()
}

#[test]
fn without_a_querys_vector_nothing_changes() {
    let with_vectors = base().with_vectors(MODEL, axes()).unwrap();
    for query in ["euros", "days of a plan", "pets", ""] {
        assert_eq!(headings(&base(), query), headings(&with_vectors, query), "{query}");
    }
}

#[test]
fn words_and_meaning_count_alike() {
    let base = base().with_vectors(MODEL, axes()).unwrap();
    let found = |vector: [f32; 3], query| headings(&base.for_query(MODEL, &vector).unwrap(), query);
    // No word is there: meaning alone.
    assert_eq!(found([0.1, 0.9, 0.2], "pets"), ["Dogs", "Trial", "Prices"]);
    // Of two that one of them puts first, the one that is in both lists is first.
    assert_eq!(found([0.5, 0.9, 0.2], "euros"), ["Prices", "Dogs", "Trial"]);
    // Close by meaning in the same measure: the order of the documents.
    assert_eq!(found([1.0, 1.0, 1.0], "pets"), ["Prices", "Dogs", "Trial"]);
}

#[test]
fn the_length_of_a_vector_does_not_matter() {
    for scale in [1e-38_f32, 1.0, 8e37] {
        let vector = unit(&[3.0 * scale, 0.0, 4.0 * scale], 3).unwrap();
        assert!(
            (f64::from(vector[0]) - 0.6).abs() < 1e-6 && (f64::from(vector[2]) - 0.8).abs() < 1e-6,
            "{vector:?}"
        );
    }
}

#[test]
fn vectors_that_cannot_be_used_are_refused_with_their_place() {
    let told = |vectors: Vec<Vec<f32>>| base().with_vectors(MODEL, vectors).unwrap_err();
    let good = axes();
    let with = |at: usize, vector: Vec<f32>| {
        let mut all = axes();
        all[at] = vector;
        all
    };
    for (vectors, path, message) in [
        (good[..2].to_vec(), "vectors", "there are only 2 for 3 passages"),
        ([good.clone(), good.clone()].concat(), "vectors", "there are more for 3 passages"),
        (vec![], "vectors", "there are only 0 for 3 passages"),
        (with(1, vec![1.0]), "vectors[1]", "has 1 numbers, and others have 3"),
        (with(0, vec![]), "vectors[0]", "has 0 numbers; wants 1 to 16384"),
        (with(0, vec![0.1; 16_385]), "vectors[0]", "has 16385 numbers; wants 1 to 16384"),
        (with(2, vec![0.0, f32::NAN, 1.0]), "vectors[2]", "has NaN in it"),
        (with(2, vec![0.0, f32::INFINITY, 1.0]), "vectors[2]", "has inf in it"),
        (with(2, vec![0.0, -0.0, 0.0]), "vectors[2]", "is zero, and so has no direction"),
    ] {
        let error = told(vectors);
        assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_knowledge", path), "{error}");
        assert_eq!(error.message(), message);
    }
    let base = base().with_vectors(MODEL, axes()).unwrap();
    for (model, vector, message) in [
        ("n", vec![1.0, 0.0, 0.0], "is of the model `n`, and the passages' vectors are of `m`"),
        (MODEL, vec![1.0], "has 1 numbers, and others have 3"),
        (MODEL, vec![f32::NAN; 3], "has NaN in it"),
        (MODEL, vec![0.0; 3], "is zero, and so has no direction"),
    ] {
        let error = base.for_query(model, &vector).unwrap_err();
        assert_eq!((error.path().to_string().as_str(), error.message()), ("query", message));
    }
    let error =
        super::super::KnowledgeBase::new([Document::new("a.md", "x")]).unwrap().for_query(MODEL, &[1.0]);
    assert_eq!(error.unwrap_err().message(), "the passages have no vectors");
}

/// Answers with these vectors, whatever is asked.
struct Fixed(Vec<Vec<f32>>);

impl Embedder for Fixed {
    fn name(&self) -> String {
        MODEL.to_owned()
    }

    fn embed<'a>(&'a self, _: &'a [String]) -> Embedding<'a> {
        let vectors = self.0.clone();
        Box::pin(async move { Ok(vectors) })
    }
}

/// Waits for what is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn an_embedder_is_held_to_the_count_of_its_texts() {
    let base = now(base().embedded(&Fixed(axes()))).unwrap();
    let asked = now(base.embedded_for(&Fixed(vec![vec![0.0, 1.0, 0.0]]), "pets")).unwrap();
    assert_eq!(headings(&asked, "pets")[0], "Dogs");
    assert_eq!(headings(&now(base.embedded_for(&Fixed(vec![]), " ")).unwrap(), "euros"), ["Prices"]);
    for (vectors, message) in
        [(vec![], "query: there are 0 vectors for one query"), (axes(), "query: there are 3 vectors")]
    {
        let error = now(base.embedded_for(&Fixed(vectors), "pets")).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    let error = now(base.embedded(&Fixed(vec![vec![1.0]]))).unwrap_err();
    assert!(matches!(error, EmbeddingError::Invalid(_)), "{error}");
}

/// An order of some of so many items.
fn ranking() -> impl Strategy<Value = Vec<u32>> {
    (Just((0..24_u32).collect::<Vec<u32>>()).prop_shuffle(), 0..=24_usize).prop_map(|(mut items, count)| {
        items.truncate(count);
        items
    })
}

proptest! {
    #[test]
    fn a_fusion_is_a_permutation_of_what_is_in_any_order(rankings in prop::collection::vec(ranking(), 0..4)) {
        let slices: Vec<&[u32]> = rankings.iter().map(Vec::as_slice).collect();
        let fused = fuse(&slices);
        let mut sorted = fused.clone();
        sorted.sort_unstable();
        let mut all = rankings.concat();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(sorted, all);
        prop_assert_eq!(&fused, &fuse(&slices));
    }

    #[test]
    fn the_order_of_two_lists_does_not_matter_and_ties_go_by_number(a in ranking(), b in ranking()) {
        let fused = fuse(&[&a, &b]);
        prop_assert_eq!(&fused, &fuse(&[&b, &a]));
        let rank = |list: &[u32], item: u32| list.iter().position(|own| *own == item);
        for pair in fused.windows(2) {
            let ranks = |item| {
                let mut ranks = [rank(&a, item), rank(&b, item)];
                ranks.sort_unstable();
                ranks
            };
            if ranks(pair[0]) == ranks(pair[1]) {
                prop_assert!(pair[0] < pair[1]);
            }
        }
    }

    #[test]
    fn who_is_before_another_one_in_both_lists_stays_so(a in ranking(), b in ranking()) {
        let fused = fuse(&[&a, &b]);
        let rank = |list: &[u32], item: u32| list.iter().position(|own| *own == item);
        for (at, first) in fused.iter().enumerate() {
            for second in &fused[at + 1..] {
                let is_before = |list: &[u32]| {
                    matches!((rank(list, *second), rank(list, *first)), (Some(second), Some(first)) if second < first)
                };
                prop_assert!(!(is_before(&a) && is_before(&b)), "{first} {second}");
            }
        }
    }

    #[test]
    fn one_list_keeps_its_order(a in ranking()) {
        prop_assert_eq!(fuse(&[&a]), a);
    }
}
