//! Arbitrary JSON for property tests.

use proptest::prelude::*;
use serde_json::Value;

/// Generates JSON values of all types, up to three levels deep.
pub fn any() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        proptest::bool::ANY.prop_map(Into::into),
        proptest::num::i64::ANY.prop_map(Into::into),
        proptest::num::f64::NORMAL.prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}
