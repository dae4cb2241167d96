//! Drift: how far what a model says today is from what was recorded.
//!
//! Beside a comparison of outcomes, which the pipeline makes: an answer may pass and yet be another one, as where a model was
//! changed behind its name, or where a recording never came from it. Pure.

use crate::assertion::token_f1;
use crate::recording::Evidence;

/// How alike the live answers of a task are to the recorded ones, from 0 to 1: of each live answer the F1 of its words with those of
/// the recorded answer nearest to it, on average. `None` where either side has no answer.
pub fn alike(recorded: &Evidence, live: &Evidence) -> Option<f64> {
    let recorded: Vec<&str> = recorded.answers.iter().map(|answer| answer.run.text()).collect();
    let nearest = |text: &str| recorded.iter().map(|known| token_f1(known, text)).reduce(f64::max);
    let each: Vec<f64> = live.answers.iter().map(|answer| nearest(answer.run.text())).collect::<Option<Vec<f64>>>()?;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    (!each.is_empty()).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::tests::answer;
    use crate::recording::Answer;

    fn evidence(texts: &[&str]) -> Evidence {
        let answers = texts.iter().zip(0..).map(|(text, sample)| Answer {
            sample,
            run: answer(text),
            source: "own".into(),
            stand_in: false,
            provider: crate::config::Provider::Openai,
            recorded_at: None,
            claimed: false,
            judgements: Vec::new(),
        });
        Evidence { answers: answers.collect(), ..Evidence::default() }
    }

    #[test]
    fn each_answer_is_held_against_the_nearest() {
        let recorded = evidence(&["your order has shipped", "it is on its way"]);
        for (live, want) in [
            (&["it is on its way", "your order has shipped"][..], Some(1.0)),
            (&["quite another thing"], Some(0.0)),
            (&["it is on its way", "no"], Some(0.5)),
            (&[], None),
        ] {
            assert_eq!(alike(&recorded, &evidence(live)), want, "{live:?}");
        }
        assert_eq!(alike(&evidence(&[]), &recorded), None);
    }
}
