use super::*;

const TIME: i64 = 1_795_219_200;

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn by(environment: Option<&str>) -> By {
    By { prompt: "prompt_id".parse().unwrap(), environment: environment.map(|label| label.parse().unwrap()) }
}

fn answer(series: &[(&str, &str, f64)]) -> Answer {
    let labels = |prompt: &str, env: &str| {
        let all = [("prompt_id", prompt), ("env", env)];
        let all = all.into_iter().filter(|(_, value)| *value != "-");
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Labels>()
    };
    let series = series.iter().map(|(prompt, env, number)| (labels(prompt, env), *number)).collect();
    Answer { series, infos: Vec::new() }
}

#[test]
fn versions_of_a_prompt_are_one_and_strangers_are_named() {
    let requests = answer(&[
        ("support:12.0.0:0123456789ab", "-", 10.0),
        ("support:13.0.0-rc.1:abcdef012345", "-", 5.0),
        ("support", "-", 1.0),
        ("other:1.0.0:abc", "-", 7.0),
        ("support:13:abc", "-", 1.0),
        ("support:1.0.0:xyz", "-", 1.0),
        ("a b", "-", 2.0),
        ("-", "-", 3.0),
    ]);
    let answers = Answers { requests, samples: None };
    let counted = count(&answers, &by(None), |known| known.as_str() == "support");
    let count = Count { requests: 16.0, samples: None };
    assert_eq!(counted.places, BTreeMap::from([((id("support"), None), count)]));
    let strangers: Vec<(&str, f64)> = counted.strangers.iter().map(|(name, number)| (name.as_str(), *number)).collect();
    let want = [("", 3.0), ("a b", 2.0), ("other:1.0.0:abc", 7.0), ("support:13:abc", 1.0), ("support:1.0.0:xyz", 1.0)];
    assert_eq!(strangers.len(), want.len());
    assert!(want.iter().all(|one| strangers.contains(one)), "{strangers:?}");
}

#[test]
fn environments_are_told_apart_and_ages_are_those_of_all_versions() {
    let series = [
        ("support:12.0.0:ab", "production", 10.0),
        ("support:13.0.0:ab", "production", 5.0),
        ("support", "staging", 2.0),
        ("support", "-", 3.0),
        ("support", "eu/1", 4.0),
    ];
    let first = answer(&[("support:12.0.0:ab", "production", 100.0), ("support:13.0.0:ab", "production", 500.0)]);
    let last = answer(&[("support:12.0.0:ab", "production", 450.0), ("support:13.0.0:ab", "production", 900.0)]);
    let answers = Answers { requests: answer(&series), samples: Some((first, last)) };
    let counted = count(&answers, &by(Some("env")), |_| true);
    let at = |name: &str| counted.places[&(id("support"), Some(id(name)))];
    assert_eq!(at("production"), Count { requests: 15.0, samples: Some((100.0, 900.0)) });
    assert_eq!(at("staging"), Count { requests: 2.0, samples: None });
    assert_eq!(counted.nowhere, BTreeMap::from([(String::new(), 3.0), ("eu/1".to_owned(), 4.0)]));
}

/// A month from `days` of data up to `silent` days ago.
fn of(requests: f64, window: &str, days: f64, silent: f64, uncovered: Uncovered) -> (u64, String) {
    let time = TIME as f64;
    let samples = Some((time - days * 86_400.0, time - silent * 86_400.0));
    let month = month(&Count { requests, samples }, &window.parse().unwrap(), TIME, uncovered);
    (month.requests, month.remarks.join("; "))
}

#[test]
fn a_month_is_thirty_days() {
    assert_eq!(of(3_000.4, "30d", 30.0, 0.0, Uncovered::Keep), (3_000, String::new()));
    assert_eq!(of(700.0, "7d", 7.0, 0.0, Uncovered::Keep), (3_000, String::new()));
    assert_eq!(of(700.0, "7d", 90.0, 0.0, Uncovered::Extrapolate), (3_000, String::new()));
    assert_eq!(of(0.0, "30d", 30.0, 0.0, Uncovered::Keep).0, 0);
    assert_eq!(of(0.2, "30d", 30.0, 0.0, Uncovered::Keep).0, 1, "what is more than none is not none");
    let unasked = Count { requests: 5.0, samples: None };
    assert_eq!(month(&unasked, &"30d".parse().unwrap(), TIME, Uncovered::Extrapolate).requests, 5);
}

#[test]
fn a_window_that_is_not_covered_is_scaled_only_where_that_is_wanted() {
    let (number, said) = of(1_000.0, "30d", 10.0, 0.0, Uncovered::Keep);
    assert_eq!((number, &*said), (1_000, "10 of 30 days have data: a whole month may be 3,000 (--extrapolate)"));
    let (number, said) = of(1_000.0, "30d", 10.0, 0.0, Uncovered::Extrapolate);
    assert_eq!((number, &*said), (3_000, "extrapolated: 10 of 30 days have data"));
    assert_eq!(of(100.0, "7d", 3.5, 0.0, Uncovered::Extrapolate).0, 857);
    let (number, said) = of(1_000.0, "30d", 0.5, 0.0, Uncovered::Extrapolate);
    assert_eq!((number, &*said), (1_000, "0.5 of 30 days have data: too few to say what a month is"));
    let (_, said) = of(1_000.0, "30d", 30.0, 12.0, Uncovered::Keep);
    assert_eq!(said, "nothing was counted in the last 12 days");
}

fn measured(requests: u64) -> Measured {
    let as_of = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    Measured { requests, as_of, source: "there".to_owned() }
}

fn declared(text: &str) -> Traffic {
    let config = crate::config::parse("x", format!("traffic: {{support: {text}}}\n").as_bytes()).unwrap().config;
    config.traffic[&id("support")].clone()
}

#[test]
fn what_is_measured_takes_the_place_of_the_number_and_leaves_the_terms() {
    let before = declared(
        "{requests_per_month: {low: 1, expected: 2, high: 3}, source: guess, retry_rate: 0.02, cases: exhaustive}",
    );
    let mut told = Vec::new();
    let at = BTreeMap::from([(None, measured(5))]);
    let after = declare(Some(&before), &id("support"), &at, &mut told).unwrap();
    let want =
        declared("{requests_per_month: 5, as_of: 2026-11-21, source: there, retry_rate: 0.02, cases: exhaustive}");
    assert_eq!(after, want);
    assert_eq!(told, ["support: the range declared had to go; one number was measured"]);
}

#[test]
fn no_request_is_declared_twice() {
    let at = |environment: Option<&str>| BTreeMap::from([(environment.map(id), measured(5))]);
    let both = declared("{environments: {staging: {requests_per_month: 9}}}");
    let mut told = Vec::new();
    let refused = declare(Some(&both), &id("support"), &at(None), &mut told).unwrap_err();
    assert_eq!(refused, "traffic.support is declared by environment: staging");
    let after = declare(Some(&both), &id("support"), &at(Some("production")), &mut told).unwrap();
    assert_eq!((after.volumes().len(), told.len()), (2, 0));
    let plain = declared("{requests_per_month: 9, as_of: 2026-01-01}");
    let after = declare(Some(&plain), &id("support"), &at(Some("production")), &mut told).unwrap();
    assert_eq!((after.volumes().len(), after.as_of), (1, None));
    assert_eq!(told, ["support: its number without an environment had to go"]);
    assert_eq!(declare(None, &id("support"), &at(None), &mut told).unwrap().volumes()[0].1.expected, 5);
}
