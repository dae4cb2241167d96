//! A template's text as the engine's syntax tree, and where in the text its parts stand.
//!
//! The engine's parser goes as deep as the text is nested, and some of what can be nested it does not count: a long chain of
//! operators or of `elif` would overflow the stack. So the tokens are looked through first.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Span, Token, parse as parse_tokens, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::TemplateError;

/// Operators in one another or in a row, and branches of one `if`.
const MAX_CHAIN: usize = 250;

/// How templates are written: in plain Jinja2, with the newline at their end kept.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().keep_trailing_newline(true).build().expect("the default delimiters are valid")
}

/// Parses a template.
pub(super) fn parse<'s>(name: &'s str, text: &'s str) -> Result<Stmt<'s>, TemplateError> {
    check_chains(name, text)?;
    parse_tokens(text, name, syntax()).map_err(|error| {
        let range = error.range().unwrap_or_default();
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        TemplateError::new(name, text, range, message)
    })
}

/// Counts what the parser would go into without counting.
fn check_chains(name: &str, text: &str) -> Result<(), TemplateError> {
    let mut levels: Vec<Level> = Vec::new();
    // Of every open `if` its branches, and all of them.
    let mut branches: Vec<usize> = Vec::new();
    let mut branched = 0;
    let mut opens_tag = false;
    for token in tokenize(text, false, syntax()) {
        // What is no token, the parser will say better.
        let Ok((token, span)) = token else { break };
        match (&token, opens_tag) {
            (Token::Ident("if"), true) => {
                branches.push(1);
                branched += 1;
            }
            (Token::Ident("elif"), true) => {
                branches.iter_mut().rev().take(1).for_each(|count| *count += 1);
                branched += 1;
            }
            (Token::Ident("endif"), true) => branched -= branches.pop().unwrap_or(0).min(branched),
            _ => {}
        }
        opens_tag = matches!(token, Token::BlockStart);
        match token {
            Token::BlockStart | Token::VariableStart => levels = vec![Level::default()],
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                levels.iter_mut().rev().take(1).for_each(|level| level.run += 1);
                levels.push(Level::default());
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                let closed = levels.pop().unwrap_or_default();
                levels.iter_mut().rev().take(1).for_each(|level| level.run += closed.longest.max(closed.run));
            }
            Token::Comma | Token::Colon | Token::Assign => {
                levels.iter_mut().rev().take(1).for_each(Level::separate);
            }
            ref other if is_operator(other) => levels.iter_mut().rev().take(1).for_each(|level| level.run += 1),
            _ => {}
        }
        let chained = levels.iter().map(|level| level.run).sum::<usize>();
        if chained.max(branched) > MAX_CHAIN {
            let message = format!("more than {MAX_CHAIN} operators or branches hang on one another");
            return Err(TemplateError::new(name, text, range(span), message));
        }
    }
    Ok(())
}

/// One level of brackets: operators since the last comma, and the most between two.
#[derive(Default)]
struct Level {
    run: usize,
    longest: usize,
}

impl Level {
    fn separate(&mut self) {
        self.longest = self.longest.max(self.run);
        self.run = 0;
    }
}

fn is_operator(token: &Token<'_>) -> bool {
    match token {
        Token::Ident(word) => matches!(*word, "not" | "and" | "or" | "in" | "is" | "if" | "else"),
        Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::FloorDiv
        | Token::Pow
        | Token::Mod
        | Token::Dot
        | Token::Tilde
        | Token::Pipe
        | Token::Eq
        | Token::Ne
        | Token::Gt
        | Token::Gte
        | Token::Lt
        | Token::Lte => true,
        _ => false,
    }
}

pub(super) fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn around(parts: impl IntoIterator<Item = Range<usize>>) -> Range<usize> {
    parts.into_iter().reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or_default()
}

/// Where an expression stands. The engine's own span begins too late or too early for some of them.
pub(super) fn range_of(expression: &Expr<'_>) -> Range<usize> {
    match expression {
        Expr::Var(_) | Expr::Const(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) | Expr::UnaryOp(_) => {
            range(expression.span())
        }
        Expr::BinOp(operation) => around([range_of(&operation.left), range_of(&operation.right)]),
        Expr::Compare(chain) => {
            around([&chain.expr].into_iter().chain(chain.ops.iter().map(|link| &link.expr)).map(range_of))
        }
        Expr::IfExpr(choice) => {
            let parts = [Some(&choice.true_expr), Some(&choice.test_expr), choice.false_expr.as_ref()];
            around(parts.into_iter().flatten().map(range_of))
        }
        Expr::Filter(filter) => {
            around(filter.expr.as_ref().map(range_of).into_iter().chain([range(expression.span())]))
        }
        Expr::Test(test) => around([range_of(&test.expr), range(expression.span())]),
        Expr::GetAttr(attribute) => range_of(&attribute.expr).start..range(expression.span()).end,
        Expr::GetItem(item) => range_of(&item.expr).start..range(expression.span()).end,
        Expr::Slice(slice) => range_of(&slice.expr).start..range(expression.span()).end,
        Expr::Call(call) => range_of(&call.expr).start..range(expression.span()).end,
    }
}

/// Where a tag with something of its own to go wrong stands.
pub(super) fn range_of_statement(statement: &Stmt<'_>) -> Option<Range<usize>> {
    Some(match statement {
        Stmt::ForLoop(each) => range_of(&each.iter),
        Stmt::IfCond(condition) => range_of(&condition.expr),
        Stmt::Set(set) => around([range_of(&set.target), range_of(&set.expr)]),
        Stmt::SetBlock(set) => range_of(&set.target),
        Stmt::Import(import) => range_of(&import.expr),
        Stmt::FromImport(import) => range_of(&import.expr),
        Stmt::Extends(extends) => range_of(&extends.name),
        Stmt::Include(include) => range_of(&include.name),
        Stmt::EmitExpr(emitted) => range_of(&emitted.expr),
        Stmt::EmitRaw(raw) => range(raw.span()),
        Stmt::FilterBlock(block) => range_of(&block.filter),
        Stmt::CallBlock(block) => range(block.call.span()),
        Stmt::Do(action) => range(action.call.span()),
        Stmt::Macro(_)
        | Stmt::Template(_)
        | Stmt::WithBlock(_)
        | Stmt::AutoEscape(_)
        | Stmt::Block(_)
        | Stmt::Continue(_)
        | Stmt::Break(_) => return None,
    })
}

/// What is inside a statement, one level down.
pub(super) fn bodies<'a, 's>(statement: &'a Stmt<'s>) -> Vec<&'a [Stmt<'s>]> {
    match statement {
        Stmt::Template(template) => vec![&template.children],
        Stmt::ForLoop(each) => vec![&each.body, &each.else_body],
        Stmt::IfCond(condition) => vec![&condition.true_body, &condition.false_body],
        Stmt::WithBlock(with) => vec![&with.body],
        Stmt::SetBlock(set) => vec![&set.body],
        Stmt::AutoEscape(escape) => vec![&escape.body],
        Stmt::FilterBlock(block) => vec![&block.body],
        Stmt::Block(block) => vec![&block.body],
        Stmt::Macro(declared) => vec![&declared.body],
        Stmt::CallBlock(block) => vec![&block.macro_decl.body],
        Stmt::EmitExpr(_)
        | Stmt::EmitRaw(_)
        | Stmt::Set(_)
        | Stmt::Import(_)
        | Stmt::FromImport(_)
        | Stmt::Extends(_)
        | Stmt::Include(_)
        | Stmt::Continue(_)
        | Stmt::Break(_)
        | Stmt::Do(_) => Vec::new(),
    }
}

/// The templates that `source` names in `include`, `import`, `from` and `extends` tags, with where it first does; an error
/// where a tag computes the name, since such a change could not be traced.
pub(crate) fn references(name: &str, source: &str) -> Result<BTreeMap<String, Range<usize>>, TemplateError> {
    let template = parse(name, source)?;
    let mut found = BTreeMap::new();
    let mut next = vec![&template];
    while let Some(statement) = next.pop() {
        if let Some((keyword, named)) = reference(statement)
            && !literal_names(named, &mut found)
        {
            let message = format!("`{keyword}` must name its file in quotes, so that changes can be traced");
            return Err(TemplateError::new(name, source, range_of(named), message));
        }
        next.extend(bodies(statement).into_iter().flatten());
    }
    Ok(found)
}

/// The keyword of a tag that refers to other templates, and what names them.
pub(super) fn reference<'a, 's>(statement: &'a Stmt<'s>) -> Option<(&'static str, &'a Expr<'s>)> {
    match statement {
        Stmt::Include(include) => Some(("include", &include.name)),
        Stmt::Import(import) => Some(("import", &import.expr)),
        Stmt::FromImport(import) => Some(("from", &import.expr)),
        Stmt::Extends(extends) => Some(("extends", &extends.name)),
        _ => None,
    }
}

/// Collects the names that an expression can come to; `false` where it computes one.
pub(super) fn literal_names(named: &Expr<'_>, found: &mut BTreeMap<String, Range<usize>>) -> bool {
    match named {
        Expr::Const(constant) => {
            let Some(name) = constant.value.as_str() else { return false };
            let at = found.entry(name.to_owned()).or_insert_with(|| range_of(named));
            *at = if range_of(named).start < at.start { range_of(named) } else { at.clone() };
            true
        }
        Expr::List(list) => list.items.iter().all(|item| literal_names(item, found)),
        Expr::Tuple(tuple) => tuple.items.iter().all(|item| literal_names(item, found)),
        Expr::IfExpr(choice) => {
            let otherwise = choice.false_expr.as_ref().is_none_or(|expression| literal_names(expression, found));
            otherwise && literal_names(&choice.true_expr, found)
        }
        _ => false,
    }
}
