//! Templates that are read within others: what is included, imported or extended, and the blocks that are filled in.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::machinery::ast::{Block, Expr, Stmt};

use super::{Frame, MAX_READINGS, Tracer};
use crate::prompt::template::syntax::{bodies, literal_names, reference};
use crate::prompt::template::{MAX_INCLUDE_DEPTH, TemplateError};

impl<'t, 's> Tracer<'t, 's> {
    /// Reads a template in the scope as it is.
    pub(super) fn template(&mut self, name: &str) {
        let Some((&name, tree)) = self.trees.get_key_value(name) else { return };
        if self.depth > MAX_INCLUDE_DEPTH * 2 {
            return;
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.template, name);
        let mut parents = BTreeMap::new();
        for statement in bodies(tree).into_iter().flatten() {
            if let Stmt::Extends(extends) = statement {
                literal_names(&extends.name, &mut parents);
            }
        }
        let is_extending = std::mem::replace(&mut self.extending, !parents.is_empty());
        if self.extending {
            self.collect_blocks(name, tree);
        }
        self.statement(tree);
        self.extending = is_extending;
        for parent in parents.keys() {
            self.template(parent);
        }
        self.template = outer;
        self.depth -= 1;
    }

    fn collect_blocks(&mut self, template: &'t str, statement: &'t Stmt<'s>) {
        if let Stmt::Block(block) = statement {
            self.blocks.entry(block.name).or_default().push((template, block));
        }
        for inner in bodies(statement).into_iter().flatten() {
            self.collect_blocks(template, inner);
        }
    }

    /// Reads an included template, unless it was already read in such a scope.
    fn include(&mut self, name: &str) {
        let Some((&name, _)) = self.trees.get_key_value(name) else { return };
        let scope = self.set_names();
        if let Some(sets) = self.readings.get(&(name, scope.clone())) {
            let sets = sets.clone();
            sets.iter().for_each(|name| self.assign(name));
            return;
        }
        if self.readings.len() >= MAX_READINGS && !self.multiplies {
            self.multiplies = true;
            let text = self.sources.get(self.template).map_or("", String::as_str);
            let message = format!("the includes below this template are used in more than {MAX_READINGS} ways");
            self.usage.flaws.push((TemplateError::new(self.template, text, 0..0, message), None));
        }
        if self.readings.len() >= MAX_READINGS {
            return;
        }
        self.readings.insert((name, scope.clone()), BTreeSet::new());
        let blocks = std::mem::take(&mut self.blocks);
        self.template(name);
        self.blocks = blocks;
        let sets = self.set_names().difference(&scope).cloned().collect();
        self.readings.insert((name, scope), sets);
    }

    pub(super) fn referenced(&mut self, statement: &'t Stmt<'s>) {
        let mut names = BTreeMap::new();
        if let Some((_, named)) = reference(statement) {
            literal_names(named, &mut names);
            if let Expr::IfExpr(choice) = named {
                self.expression(&choice.test_expr);
            }
        }
        names.keys().for_each(|name| self.include(name));
    }

    /// A block as it is run: in the scope it stands in, with what fills it in elsewhere.
    pub(super) fn block(&mut self, block: &'t Block<'s>) {
        if self.active.contains(&block.name) {
            return;
        }
        let mut bodies = self.blocks.get(block.name).cloned().unwrap_or_default();
        bodies.push((self.template, block));
        self.active.push(block.name);
        for (template, block) in bodies {
            let outer = std::mem::replace(&mut self.template, template);
            self.in_frame(Frame::default(), |tracer| tracer.statements(&block.body));
            self.template = outer;
        }
        self.active.pop();
    }
}
