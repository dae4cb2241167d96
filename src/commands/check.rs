//! `regild check`: judge head against base, write every report asked for, exit with the verdict's code.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::approving::Reviews;
use super::context::{Context, Project, scope, selection};
use super::live::{LiveArgs, call};
use super::report::{deliver, root_of};
use crate::changes;
use crate::cli::{Global, OutputArgs, RefArgs, SelectArgs};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::io::{clock, console};
use crate::limits::{self, Deadline};
use crate::live::OfBase;
use crate::log::Log;
use crate::pipeline::{self, Checked, Input, Live};
use crate::plan;
use crate::report::Report;
use crate::report::build::KeepAnswers;
use crate::verdict::{Acceptance, Acceptances};

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub refs: RefArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub live: LiveArgs,
    /// In a live check, ask for base's answers too, though they are recorded.
    #[arg(long, help_heading = "Live models")]
    pub fresh_base: bool,
    /// Exit with 0 whatever the verdict; errors still exit with 2.
    #[arg(long, help_heading = "Output")]
    pub exit_zero: bool,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Judging")]
pub struct JudgingArgs {
    /// Where answers come from.
    #[arg(long, value_name = "MODE", default_value = "replay")]
    pub mode: ModeArg,
    /// Accept what awaits a yes: CODE, CODE:PROMPT or CODE:PROMPT/TASK; may be given several times.
    #[arg(long, value_name = "CODE[:PROMPT[/TASK]]", requires = "reason")]
    pub accept: Vec<Acceptance>,
    /// Why it is accepted.
    #[arg(long, value_name = "TEXT", requires = "accept")]
    pub reason: Option<String>,
    /// Reviews that `regild approvals` fetched: an approval of this head by somebody else accepts what awaits a yes.
    #[arg(long, value_name = "FILE")]
    pub approvals: Option<PathBuf>,
    /// Head comes from another repository: answers that only head brings are not evidence until accepted.
    #[arg(long)]
    pub untrusted_head: bool,
    /// Which answers the report carries.
    #[arg(long, value_name = "WHICH", default_value = "notable")]
    pub answers: AnswersArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// From recordings; needs no key and no network.
    #[default]
    Replay,
    /// From models: head is asked now, base where no recording answers.
    Live,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum AnswersArg {
    /// Of tasks that do not plainly pass.
    #[default]
    Notable,
    All,
}

pub fn run(global: &Global, args: CheckArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let context = project.context_for(&args.refs, &args.select)?;
    let called = match args.judging.mode {
        ModeArg::Replay => {
            args.live.refuse(args.fresh_base)?;
            None
        }
        ModeArg::Live if context.event.as_ref().is_some_and(Event::is_guarded) => {
            return Err(Error::usage("a workflow of the target branch judges a pull request in replay only"));
        }
        ModeArg::Live => {
            let (prompts, tasks) = selection(&args.select, &context)?;
            let Context { base, head, policy, .. } = &context;
            let changes = changes::between(base, head, policy, scope(&args.select, &prompts));
            let (cells, _) = plan::cells(&changes, base, head, policy, &tasks);
            let of_base = if args.fresh_base { OfBase::All } else { OfBase::Lacking };
            Some((call(&project, &context, &args.live, &cells, of_base)?, cells))
        }
    };
    let commits = [&context.base, &context.head].map(|side| side.snapshot.origin.commit.as_ref());
    if commits[0].is_some() && commits[0] == commits[1] && !args.select.all {
        console::note("note: base and head are one commit, so nothing can differ\n");
    }
    let reviews = args.judging.approvals.as_deref().map(|path| Reviews::read(global, path)).transpose()?;
    let mut asked = Asked::new(&args.select, &args.judging, &context)?;
    if let Some(reviews) = &reviews {
        asked.trust_head &= !reviews.is_from_fork();
        let judge = |then: &Context, trust_head: bool| {
            let asked = Asked { trust_head, acceptances: Acceptances::default(), ..asked.clone() };
            Ok(asked.judge(then, None, None)?.report)
        };
        let mut acceptances = asked.acceptances.clone();
        reviews.settle(&project, &context, &mut acceptances, &judge)?;
        asked.acceptances = acceptances;
    }
    let called = match called {
        Some((called, cells)) => {
            let flipped = asked.judge(&context, Some(&called.live), None)?.to_confirm;
            let live = match flipped.is_empty() {
                true => called.live,
                false => called.confirm(&project, &context, &args.live, cells, flipped)?,
            };
            Some(live)
        }
        None => None,
    };
    let log = context.log(&args.live.trusted);
    let Checked { mut report, log, .. } = asked.judge(&context, called.as_ref(), log.as_ref())?;
    console::log(&log);
    project.repo.prefix().clone_into(&mut report.root);
    let code = report.verdict.exit_code;
    deliver(&report, &args.output, global, &root_of(global))?;
    Ok(if args.exit_zero { 0 } else { code })
}

/// Runs the pipeline on a context, and logs every run. The operator vouches for `trusted` hosts.
pub fn judge_aloud(
    context: &Context,
    select: &SelectArgs,
    judging: &JudgingArgs,
    live: Option<&Live>,
    trusted: &[String],
) -> Result<Report> {
    let log = context.log(trusted);
    let Checked { report, log, .. } = Asked::new(select, judging, context)?.judge(context, live, log.as_ref())?;
    console::log(&log);
    Ok(report)
}

/// Runs the pipeline on a context.
pub fn judge(context: &Context, select: &SelectArgs, judging: &JudgingArgs, live: Option<&Live>) -> Result<Report> {
    Ok(Asked::new(select, judging, context)?.judge(context, live, None)?.report)
}

/// What the operator wants judged, and how.
#[derive(Clone)]
struct Asked {
    select: SelectArgs,
    answers: KeepAnswers,
    acceptances: Acceptances,
    trust_head: bool,
}

impl Asked {
    fn new(select: &SelectArgs, judging: &JudgingArgs, context: &Context) -> Result<Self> {
        let reason = judging.reason.clone().unwrap_or_default();
        if !judging.accept.is_empty() && reason.trim().is_empty() {
            return Err(Error::usage("--reason must say why it is accepted"));
        }
        let answers = match judging.answers {
            AnswersArg::Notable => KeepAnswers::Notable,
            AnswersArg::All => KeepAnswers::All,
        };
        let acceptances = Acceptances { list: judging.accept.clone(), reason, ..Acceptances::default() };
        let from_elsewhere = judging.untrusted_head || context.event.as_ref().is_some_and(Event::is_untrusted);
        Ok(Self { select: select.clone(), answers, acceptances, trust_head: !from_elsewhere })
    }

    fn judge(&self, context: &Context, live: Option<&Live>, log: Option<&Log>) -> Result<Checked> {
        let (prompts, tasks) = selection(&self.select, context)?;
        let is_late = clock::timer(limits::MAX_SECONDS);
        pipeline::check(&Input {
            base: &context.base,
            head: &context.head,
            policy: &context.policy,
            scope: scope(&self.select, &prompts),
            tasks: &tasks,
            acceptances: self.acceptances.clone(),
            trust_head: self.trust_head,
            event: context.event.as_ref(),
            answers: self.answers,
            live,
            log,
            deadline: Deadline(&is_late),
        })
    }
}
