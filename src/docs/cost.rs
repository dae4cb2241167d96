//! `docs/cost.md`: how a month's cost is made. The prose is written here; every amount in it comes from the code that prices.

use rust_decimal::Decimal;

use crate::config::Traffic;
use crate::cost::{Prices, Terms};
use crate::report::numbers::{self, Sign};
use crate::stats::Estimate;
use crate::wire::Usage;

/// A model of made-up prices that has everything a price can have.
const PRICES: &str = "as_of: 2026-11-01
source: made up for this page
models:
  openai/big: {input: 3, output: 15, cache_read: '0.30', cache_write: '3.75', batch: '0.5'}
  openai/small: {input: '0.50', output: 2, batch: '0.5'}
  google/cliff: {input: '1.25', output: 10, tiers: [{above: 200000, input: '2.50', output: 15}]}
  mock/blended: {input: 3, output: 3}
";

/// The worked case of the founding incident: tokens of ten tasks before and after.
const INCIDENT: [(u32, u32); 10] = [
    (3200, 6100),
    (4100, 7600),
    (2800, 5900),
    (5200, 9800),
    (3900, 7300),
    (6100, 11600),
    (4700, 9100),
    (3500, 6900),
    (7500, 14200),
    (4400, 8500),
];
const INCIDENT_RUNS: u32 = 100_000;
/// Dollars a token in the incident.
const BLENDED: f64 = 3e-6;

/// The page.
pub fn cost() -> String {
    [HEAD.to_owned(), tiers(), terms(), DIFFERENCE.to_owned(), worked(), REST.to_owned()].concat()
}

fn prices() -> Prices {
    Prices::parse(PRICES.as_bytes()).expect("the table of this page is right")
}

/// What a run of these calls costs on these terms.
fn request(key: &str, traffic: Option<&Traffic>, calls: &[(u64, u64)]) -> Decimal {
    let usage = |(input, output): &(u64, u64)| Usage {
        input_uncached: Some(*input),
        output: Some(*output),
        ..Usage::default()
    };
    let calls: Vec<Usage> = calls.iter().map(usage).collect();
    let terms = Terms { prices: &prices(), traffic, at: 0 };
    let bill = terms.request(key, &calls, traffic.and_then(|traffic| traffic.cache).map(|_| CACHEABLE));
    bill.ok().and_then(|bill| bill.sum()).expect("the models of this page have prices")
}

/// Tokens of the example's requests that begin alike.
const CACHEABLE: crate::cost::Cacheable = crate::cost::Cacheable(6_000);

fn usd(amount: Decimal) -> String {
    format!("${}", amount.normalize())
}

const HEAD: &str = "<!-- Generated from src/docs/cost.rs: `UPDATE=1 cargo test --test integration` writes it anew. -->

# What a change costs a month

```text
what a month costs = requests a month × mean over tasks, by weight, of the mean over samples of what one request costs
what one request costs = the sum of what its calls cost, each priced by itself
```

Tokens are measured: they stand in the recorded replies of golden tasks. Prices are looked up ([prices](prices.md)), requests are
declared ([traffic](traffic.md)); both count as the target branch has them, on both sides. Nothing that is not known is taken
for 0: it is named, and a sum that lacks it is shown as `≥` what is known, or as unknown. Amounts are decimals from the price table
to the report, kept to twelve decimals where they are divided and rounded only when they are shown. `regild cost` prints this part
of a check alone.

## One call at a time

A call's tokens are in buckets that are apart from each other: input, input read from a cache, input written to one, output,
reasoning. Each has its rate; a request may have a fee. Where the length of the input decides the price, it decides that of the
whole call, output included, and each call has a length of its own, so a mean of tokens is never priced:

";

fn tiers() -> String {
    let (short, long) = ((150_000, 0), (260_000, 0));
    let one = |call| request("google/cliff", None, &[call]);
    let mean = (one(short) + one(long)) / Decimal::TWO;
    format!(
        "| input | price |\n|---|---|\n| 150,000 tokens | {} |\n| 260,000 tokens, above the tier of 200,000 | {} |\n| **their mean, which is used** | **{}** |\n| the price of their mean length, which nobody sent | {} |\n\n",
        usd(one(short)),
        usd(one(long)),
        usd(mean),
        usd(one((205_000, 0))),
    )
}

/// Terms of traffic, each beside what it makes of one request.
fn terms() -> String {
    let mut text = "## On traffic's terms

Recordings show one clean attempt at one model. What production does besides is declared, term by term, and nothing of it is assumed
where it is not. A request of 10,000 tokens in, 6,000 of which begin every request alike, and 500 out:

| `traffic:` says | one request costs |
|---|---|
"
    .to_owned();
    for (said, terms) in [
        ("nothing more", ""),
        ("`retry_rate: 0.02`: attempts billed beside each request", "retry_rate: '0.02'"),
        ("`batch_share: 0.25`: at the model's batch price", "batch_share: '0.25'"),
        (
            "`fallback: [{model: openai/small, share: 0.1}]`: another model answers one in ten",
            "fallback: [{model: openai/small, share: '0.1'}]",
        ),
        (
            "the same with `primary_billed: true`: the attempt that failed is paid for too",
            "fallback: [{model: openai/small, share: '0.1', primary_billed: true}]",
        ),
        ("`cache: {hit_rate: 0.6}`: six in ten find the beginning in the cache", "cache: {hit_rate: '0.6'}"),
        (
            "all of these",
            "retry_rate: '0.02', batch_share: '0.25', fallback: [{model: openai/small, share: '0.1', primary_billed: true}], \
             cache: {hit_rate: '0.6'}",
        ),
    ] {
        let settings = format!("traffic: {{p: {{{terms}}}}}\n");
        let loaded =
            crate::config::parse("regild.yaml", settings.as_bytes()).expect("the terms of this page are right");
        let traffic = loaded.config.traffic.values().next();
        text.push_str(&format!("| {said} | {} |\n", usd(request("openai/big", traffic, &[(10_000, 500)]))));
    }
    text.push_str(TERMS);
    text
}

const TERMS: &str = "
With B a call's price, B′ its price in a batch, β the share of batches, h the hit rate, ρ the retry rate, and f the share of a
fallback whose price is F:

```text
call     = (1 − β)·B + β·B′         with a cache: h·(beginning read) + (1 − h)·(beginning written), the rest fresh
request  = (1 + ρ)·[(1 − Σf)·C + Σ f·(C where the primary is billed + F)]          C = Σ calls
```

- **Caches.** Where any recording of a prompt tells of cached tokens, usage is priced as it is and `cache` is not used. Otherwise the
  beginning that the first requests of all tasks have in common (tools, answer format, system, messages, as they are sent) is
  taken to be cacheable; its tokens are its share of the request's characters, which is an estimate and is called one. An edit near
  the beginning shows as `cacheable prefix 3,120 → 410 tokens (estimated)`. With fewer than two different tasks nothing tells where it
  ends, and nothing is taken as cached. A provider's smallest cacheable length is not looked at.
- **Fallbacks** are priced on the tokens of the model that serves: another tokenizer may count differently, so the cost is then
  `estimated` as well.

";

const DIFFERENCE: &str = "## The difference

Both sides have the same requests a month, the same price table and the same tasks. Tasks that only one side has, or whose input,
history or stubs differ, are no part of it and are listed. Each side is priced on the model that serves there, on tokens that were
measured on it. A prompt that base lacks costs all it costs; a removed one saves it. What it comes from adds up exactly:

```text
price      base's tokens at the price of head's model − at that of base's
input, output, reasoning, cache, request fees      head's − base's, at the price of head's model
```

A price table that the pull request edits prices nothing yet: `price-table effect` is how much more head's requests cost by it. A model
that only the edited table has is `unreviewed`, which is unknown until it is merged.

## How sure that is

- `cases: sample` (the default): golden tasks stand for other requests, so the interval is that of a mean over tasks. With
  dᵢ what task i costs more and wᵢ its share of traffic: `SE = s·√Σwᵢ²`, Student's t with `1/Σwᵢ² − 1` degrees of freedom. How samples
  of a task differ is in s already. Tasks of one `family` are one. From 10 tasks on, where differences are skewed (|b₁| > 1), a BCa
  bootstrap of 5,000 draws takes t's place; it is seeded by the names of prompt and tasks.
- `cases: exhaustive`: golden tasks are all there is, so only samples are chance: `SE = √Σwᵢ²·(s²ᵢ,base/k + s²ᵢ,head/k)`, with Welch
  and Satterthwaite's degrees of freedom. It takes two samples of each task.
- Fewer than two tasks: no interval. The figure stands alone, and that is said.
- Traffic declared as a range widens the figure by interval arithmetic, which is no matter of chance and is told apart from it.
- Several prompts: their variances add up. Environments of one prompt do not differ by chance: their requests do add up.

";

/// The incident of the founding documents in dollars.
fn worked() -> String {
    let mean = |side: fn(&(u32, u32)) -> u32| INCIDENT.iter().map(side).sum::<u32>() / 10;
    let more: Vec<f64> = INCIDENT.iter().map(|(base, head)| f64::from(head - base) * BLENDED).collect();
    let estimate = Estimate::of(&more).expect("ten tasks");
    let interval = estimate.interval(0.95);
    let month = |amount: f64| {
        let month = Decimal::from_f64_retain(amount * f64::from(INCIDENT_RUNS)).expect("finite");
        numbers::short_money(month, Sign::Always)
    };
    let side = |tokens: u32| {
        let cost = request("mock/blended", None, &[(u64::from(tokens), 0)]) * Decimal::from(INCIDENT_RUNS);
        numbers::short_money(cost, Sign::Negative)
    };
    let (base, head) = (mean(|both| both.0), mean(|both| both.1));
    format!(
        "Worked: ten tasks whose runs took {} tokens on average take {}, at $3 a million and {} requests a month.

```text
per month  {} → {}
change: {}/mo (95 % CI {} to {} at {} requests)
```

",
        numbers::count(u64::from(base)),
        numbers::count(u64::from(head)),
        numbers::count(u64::from(INCIDENT_RUNS)),
        side(base),
        side(head),
        month(estimate.mean),
        month(interval.low),
        month(interval.high),
        numbers::count(u64::from(INCIDENT_RUNS)),
    )
}

const REST: &str = "## The gate

`gate.cost` of the policy ([files](files.md)) holds the sum over all affected prompts against its limits:

| | |
|---|---|
| figure over the limit, and the interval's lower end above 0 | fails (`cost`) |
| figure over the limit, and costing nothing more is not ruled out | warns; with `strict: true` inconclusive |
| figure within the limit, and the limit inside the interval | warns; with `strict: true` inconclusive |
| no interval | the figure decides |
| part of it unknown | `cost-unknown`, which weighs what `unknown` says; what is known to be over fails all the same |

`max_increase_percent` leaves out prompts that are new, and has nothing to say where base costs nothing. `max_usd_per_request` holds for
each prompt by itself, new or not, over all its tasks at head.

Warnings beside it: `traffic-old` (measured more than 90 days before the policy's commit), `model-deprecated` (`deprecated` in
prices.yaml has passed). `too-long` fails: a request of head's has more input than `max_input_tokens` allows its model.
";
