//! The algebra of `all_of`, `any_of` and `not` under three values.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{assertion, run, unpriced};
use crate::outcome::Reason;
use crate::stop::Stop;

/// An assertion built from leaves that hold, do not hold or cannot be judged on [`Formula::run`].
#[derive(Debug, Clone)]
enum Formula {
    Leaf(Option<bool>),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Formula {
    fn any() -> impl Strategy<Value = Self> {
        any::<Option<bool>>().prop_map(Self::Leaf).prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| Self::Not(Box::new(inner))),
                vec(inner.clone(), 1..4).prop_map(Self::All),
                vec(inner, 1..4).prop_map(Self::Any),
            ]
        })
    }

    /// The declaration, with what `settled` yields in place of the leaves that cannot be judged.
    fn declare(&self, settled: &mut dyn Iterator<Item = bool>) -> Value {
        let mut list = |inner: &[Self]| inner.iter().map(|inner| inner.declare(settled)).collect::<Vec<_>>();
        match self {
            Self::Not(inner) => json!({"type": "not", "assertion": inner.declare(settled)}),
            Self::All(inner) => json!({"type": "all_of", "assertions": list(inner)}),
            Self::Any(inner) => json!({"type": "any_of", "assertions": list(inner)}),
            Self::Leaf(holds) => match holds.or_else(|| settled.next()) {
                Some(true) => json!({"type": "stop_reason", "value": "timeout"}),
                Some(false) => json!({"type": "stop_reason", "value": "finish"}),
                None => json!({"type": "contains", "value": "a"}),
            },
        }
    }

    fn judge(&self, settled: &mut dyn Iterator<Item = bool>) -> Result<bool, Reason> {
        let run = run(Stop::Timeout, &[("a", &[], None)]);
        assertion(self.declare(settled)).observe(&unpriced(&run)).map(|seen| seen.holds)
    }

    fn value(&self) -> Result<bool, Reason> {
        self.judge(&mut std::iter::empty())
    }

    fn not(&self) -> Self {
        Self::Not(Box::new(self.clone()))
    }
}

proptest! {
    #[test]
    fn de_morgan_holds_in_three_values(a in Formula::any(), b in Formula::any()) {
        let (both, either) = ([a.clone(), b.clone()], [a.not(), b.not()]);
        prop_assert_eq!(Formula::All(both.to_vec()).not().value(), Formula::Any(either.to_vec()).value());
        prop_assert_eq!(Formula::Any(both.to_vec()).not().value(), Formula::All(either.to_vec()).value());
    }

    #[test]
    fn two_negations_cancel(a in Formula::any()) {
        prop_assert_eq!(a.not().not().value(), a.value());
    }

    /// A verdict reached without some evidence is the one that any such evidence would have left standing.
    #[test]
    fn missing_evidence_never_decides(a in Formula::any(), evidence in vec(any::<bool>(), 1..32)) {
        if let Ok(holds) = a.value() {
            prop_assert_eq!(a.judge(&mut evidence.into_iter().cycle()), Ok(holds));
        }
    }
}
