//! A mapping as people see it, and what they are asked about it.

use super::cell::Cell;
use super::field::Field;
use super::header::{self, column_letters, signature};
use super::mapping::{MappedColumn, Mapping, Reason};
use super::profile::{DateOrder, Decided, DecimalMark, Options, Survey};
use super::{amount, day};
use crate::date;
use crate::import::{ColumnView, FieldChoice, MappingView, Question, QuestionChoice};

impl Mapping {
    /// All of it, for people.
    pub fn view(&self, survey: &Survey, options: &Options) -> MappingView {
        let required: Vec<Field> =
            self.kind.required().iter().filter(|group| group.len() == 1).map(|group| group[0]).collect();
        let columns: Vec<ColumnView> =
            self.columns.iter().map(|column| self.column_view(column, survey)).collect();
        let questions = self.questions(survey, options);
        let problems: Vec<String> = self.problems().into_iter().map(|problem| problem.message).collect();
        // Values alone don't make a guess certain, and a header that nearly says a field may have been meant for it.
        let sure =
            |column: &MappedColumn| matches!(column.reason, None | Some(Reason::Header | Reason::User));
        let certain = problems.is_empty()
            && questions.is_empty()
            && self.columns.iter().all(sure)
            && !self.overlooks_amounts()
            && columns.iter().all(|column| column.suggestion.is_none());
        MappingView {
            kind: self.kind,
            columns,
            fields: self
                .kind
                .fields()
                .iter()
                .map(|field| FieldChoice {
                    field: field.as_str().to_owned(),
                    label: field.label().to_owned(),
                    required: required.contains(field),
                })
                .collect(),
            questions,
            options: *options,
            problems,
            certain,
            signature: signature(&survey.headers()),
            saved: None,
            header_row: 0,
            top: Vec::new(),
        }
    }

    /// Whether a column that may say how much is left out, and no other says it.
    fn overlooks_amounts(&self) -> bool {
        let silent = self.kind.fields().iter().any(|field| field.is_amount() && !self.has(*field));
        let left_out = |column: &&MappedColumn| column.field.is_none() && column.reason.is_none();
        silent && self.columns.iter().filter(left_out).any(|column| header::speaks_of_amounts(&column.header))
    }

    fn column_view(&self, column: &MappedColumn, survey: &Survey) -> ColumnView {
        let profile = survey.columns().get(column.index);
        let suggestion = (column.reason.is_none() && !column.header.is_empty())
            .then(|| {
                self.kind.fields().iter().find(|field| {
                    !self.has(**field) && header::nearness(self.kind, **field, &column.header).is_some()
                })
            })
            .flatten();
        ColumnView {
            key: column.key.clone(),
            header: column.header.clone(),
            letter: column_letters(column.index),
            samples: profile.map(|profile| profile.samples().to_vec()).unwrap_or_default(),
            filled: profile.map_or(0, |profile| i64::try_from(profile.filled()).unwrap_or(i64::MAX)),
            field: column.field.map(|field| field.as_str().to_owned()),
            reason: column.reason.map(|reason| reason.in_words().to_owned()),
            suggestion: suggestion.map(|field| field.as_str().to_owned()),
        }
    }

    /// What neither the values nor the user have said: whether 03/04/2026 is in March or in April, and whether 1.234 is
    /// more than a thousand.
    pub fn questions(&self, survey: &Survey, options: &Options) -> Vec<Question> {
        let mut questions = Vec::new();
        if options.date_order.is_none() && self.common_order(survey).is_none() {
            for (column, profile) in self.profiles(survey, Field::is_date) {
                if let Decided::Ambiguous(example) = profile.date_order() {
                    questions.push(which_day(column, example));
                }
            }
        }
        if options.decimal.is_none() {
            for (column, profile) in self.profiles(survey, Field::is_amount) {
                if let Decided::Ambiguous(example) = profile.decimal() {
                    questions.push(which_mark(column, example));
                }
            }
        }
        questions
    }
}

fn which_day(column: &MappedColumn, example: String) -> Question {
    let choice = |order, value: &str, first: &str| {
        let day = day::read(&Cell::Text(example.clone()), Some(order)).map(date::show).unwrap_or_default();
        QuestionChoice { value: value.to_owned(), label: format!("The {first}: {example} is {day}") }
    };
    Question {
        column: column.key.clone(),
        option: "date_order".to_owned(),
        text: format!("Which comes first in the dates of “{}”, the day or the month?", column.key),
        choices: vec![
            choice(DateOrder::DayFirst, "day_first", "day"),
            choice(DateOrder::MonthFirst, "month_first", "month"),
        ],
        example,
    }
}

fn which_mark(column: &MappedColumn, example: String) -> Question {
    let choice = |mark, value: &str, what: &str| {
        let plain = amount::decimal(&example, mark).unwrap_or_default();
        QuestionChoice { value: value.to_owned(), label: format!("{what}: {example} is {plain}") }
    };
    Question {
        column: column.key.clone(),
        option: "decimal".to_owned(),
        text: format!("What does the point in the amounts of “{}” part?", column.key),
        choices: vec![
            choice(DecimalMark::Comma, "comma", "Thousands"),
            choice(DecimalMark::Point, "point", "Decimals"),
        ],
        example,
    }
}
