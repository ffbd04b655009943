//! Which column is which field: guessed from headers and values, corrected by the user.

use super::columns::{Column, Columns, HeaderError};
use super::field::Field;
use super::guess::{guess_amount, guess_contacts, guess_kind, keys};
use super::header::{self, Unit, column_letters, recognise};
use super::kind::Kind;
use super::profile::{ColumnProfile, DateOrder, Decided, Options, Survey};
use crate::field::clean_line;

/// Which column is which field of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub(super) kind: Kind,
    /// All columns of the sheet, in its order.
    pub(super) columns: Vec<MappedColumn>,
}

/// What one column was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MappedColumn {
    pub index: usize,
    /// As written, without line breaks; empty for a column without a header.
    pub header: String,
    /// What corrections name it by.
    pub key: String,
    pub unit: Unit,
    pub field: Option<Field>,
    pub reason: Option<Reason>,
}

/// Why a column was taken for a field, or for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Header,
    Emails,
    Phones,
    EmailsAndPhones,
    NoContacts,
    Amounts,
    User,
}

impl Reason {
    pub fn in_words(self) -> &'static str {
        match self {
            Reason::Header => "by its header",
            Reason::Emails => "its values are e-mail addresses",
            Reason::Phones => "its values are telephone numbers",
            Reason::EmailsAndPhones => "its values are e-mail addresses and telephone numbers",
            Reason::NoContacts => "its values are neither e-mail addresses nor telephone numbers",
            Reason::Amounts => "no other column says how much",
            Reason::User => "chosen by you",
        }
    }
}

impl Mapping {
    /// Matches columns to the fields of `kind`, or of the kind that the headers speak for. Headers are compared without
    /// regard to case, spaces, punctuation and usual abbreviations; what they don't tell, the values may.
    pub fn guess(kind: Option<Kind>, survey: &Survey) -> Mapping {
        let headers = survey.headers();
        let kind = kind.unwrap_or_else(|| guess_kind(&headers));
        let keys = keys(&headers);
        let mut columns: Vec<MappedColumn> = headers
            .iter()
            .zip(keys)
            .enumerate()
            .map(|(index, (header, key))| {
                let header = clean_line(header).unwrap_or_default();
                let found = recognise(kind, &header);
                let (field, unit) = found.map_or((None, Unit::None), |(field, unit)| (Some(field), unit));
                MappedColumn { index, header, key, unit, field, reason: field.map(|_| Reason::Header) }
            })
            .collect();
        guess_contacts(kind, &mut columns, survey.columns());
        guess_amount(kind, &mut columns, survey.columns());
        Mapping { kind, columns }
    }

    /// What the rows stand for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Takes columns for other fields than guessed. Each correction names a column by its key (its header, or `Column B`
    /// where that is empty or stands twice) and a field by its wire name; `None` or an empty name leaves the column out.
    /// A field that moves to another column leaves the one it was guessed for. `Err` names every problem and nothing is
    /// changed.
    pub fn correct(&mut self, corrections: &[(String, Option<String>)]) -> Result<(), Vec<HeaderError>> {
        let mut errors = Vec::new();
        let mut chosen: Vec<(usize, Option<Field>)> = Vec::new();
        for (key, name) in corrections {
            let Some(index) = self.column_by_key(key) else {
                errors.push(self.unknown_header(key));
                continue;
            };
            match name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
                None => chosen.push((index, None)),
                Some(name) => match Field::of(self.kind, name) {
                    Some(field) => chosen.push((index, Some(field))),
                    None => errors.push(self.unknown_field(name)),
                },
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        for (index, field) in chosen {
            for other in &mut self.columns {
                if other.index == index {
                    (other.field, other.reason) = (field, Some(Reason::User));
                } else if field.is_some() && other.field == field && other.reason != Some(Reason::User) {
                    (other.field, other.reason) = (None, None);
                }
            }
        }
        Ok(())
    }

    fn column_by_key(&self, key: &str) -> Option<usize> {
        let key = clean_line(key)?.to_lowercase();
        self.columns.iter().find(|column| column.key.to_lowercase() == key).map(|column| column.index)
    }

    fn unknown_header(&self, key: &str) -> HeaderError {
        let keys: Vec<&str> = self.columns.iter().map(|column| column.key.as_str()).take(50).collect();
        let key: String = key.chars().take(80).collect();
        HeaderError::new(
            "unknown_header",
            format!("The file has no column “{key}”. Its columns are {}.", keys.join(", ")),
        )
    }

    fn unknown_field(&self, name: &str) -> HeaderError {
        let names: Vec<&str> = self.kind.fields().iter().map(|field| field.as_str()).collect();
        let name: String = name.chars().take(80).collect();
        HeaderError::new(
            "unknown_field",
            format!("“{name}” is no field of {}. Use one of {}.", self.kind, names.join(", ")),
        )
    }

    /// Whether rows can be read with it. `Err` names every problem.
    pub fn check(&self) -> Result<(), Vec<HeaderError>> {
        let errors = self.problems();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    pub(super) fn problems(&self) -> Vec<HeaderError> {
        if self.columns.iter().all(|column| column.header.is_empty() && column.field.is_none()) {
            return vec![HeaderError::new(
                "no_header",
                "There is no header row. The first row has to name the columns, for example Name, Outstanding \
                 amount, Due date.",
            )];
        }
        let mut errors = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let Some(field) = column.field else { continue };
            if field.is_amount() && column.unit == Unit::Scaled {
                errors.push(HeaderError::new(
                    "unsupported_unit",
                    format!(
                        "“{}” in column {} isn't in whole units of the currency. Write the amounts in full.",
                        column.header,
                        column_letters(column.index)
                    ),
                ));
            }
            if let Some(first) = self.columns[..at].iter().find(|other| other.field == Some(field)) {
                errors.push(duplicate(first, column, field));
            }
        }
        errors.extend(self.kind.required().iter().filter_map(|group| self.missing(group)));
        errors.extend(self.kind.fields().iter().filter_map(|field| self.misspelt(*field)));
        errors
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|column| column.field == Some(field))
    }

    /// Columns that nothing was said about.
    fn unknown(&self) -> impl Iterator<Item = &MappedColumn> {
        self.columns.iter().filter(|column| column.reason.is_none() && !column.header.is_empty())
    }

    /// What is missing when none of the fields of `group` has a column.
    fn missing(&self, group: &[Field]) -> Option<HeaderError> {
        if group.iter().any(|field| self.has(*field)) {
            return None;
        }
        let labels: Vec<String> = group.iter().map(|field| format!("“{}”", field.label())).collect();
        let missing = format!("There is no {} column.", labels.join(" or "));
        let near = |field: &Field| {
            let steps = |column: &&MappedColumn| header::nearness(self.kind, *field, &column.header);
            self.unknown().filter(|column| steps(column).is_some()).min_by_key(steps)
        };
        let named = || {
            let is_a_name = |column: &&MappedColumn| header::canonical(&column.header).contains("name");
            self.unknown().find(is_a_name).filter(|_| group.contains(&Field::Name))
        };
        let message = match group.iter().find_map(near).or_else(named) {
            Some(column) => {
                format!(
                    "{missing} Did you mean “{}” in column {}?",
                    column.header,
                    column_letters(column.index)
                )
            }
            None if group == [Field::Name] => format!(
                "{missing} Say which column has the customers' names, or call it “Name” in the first row of the file."
            ),
            None => format!("{missing} Add it, or say which column it is."),
        };
        Some(HeaderError::new("missing_column", message))
    }

    /// A column whose header is nearly that of a field, without which the books would be wrong.
    fn misspelt(&self, field: Field) -> Option<HeaderError> {
        if !field.decides_debt() || self.has(field) {
            return None;
        }
        let column = self.unknown().find(|column| header::misspelt(self.kind, field, &column.header))?;
        Some(HeaderError::new(
            "misspelt_column",
            format!(
                "“{}” in column {} is not a known header. Did you mean “{}”? Correct it, or rename it if it is \
                 something else.",
                column.header,
                column_letters(column.index),
                field.label()
            ),
        ))
    }

    /// The columns that are read, with the date order and the decimal mark of each: what its values say, else what
    /// other date columns say, else what the user answered. `Err` names every problem of the mapping.
    pub fn columns(&self, survey: &Survey, options: &Options) -> Result<Columns, Vec<HeaderError>> {
        self.check()?;
        let common = self.common_order(survey);
        let found = self
            .columns
            .iter()
            .filter_map(|column| {
                let field = column.field?;
                let profile = survey.columns().get(column.index);
                let unit = if let Unit::Currency(currency) = column.unit { Some(currency) } else { None };
                let dates = profile.and_then(|profile| match profile.date_order() {
                    Decided::Is(order) => Some(order),
                    Decided::Mixed => options.date_order,
                    Decided::Unneeded | Decided::Ambiguous(_) => common.or(options.date_order),
                });
                let decimal = profile.and_then(|profile| match profile.decimal() {
                    Decided::Is(mark) => Some(mark),
                    Decided::Unneeded | Decided::Mixed | Decided::Ambiguous(_) => options.decimal,
                });
                Some(Column {
                    index: column.index,
                    field,
                    header: self.shown_header(column),
                    unit,
                    dates,
                    decimal,
                })
            })
            .collect();
        Ok(Columns { kind: self.kind, found })
    }

    fn shown_header(&self, column: &MappedColumn) -> String {
        if column.header.is_empty() { column.key.clone() } else { column.header.clone() }
    }

    /// The one date order of all date columns that say one. The dates of a file come from one program.
    pub(super) fn common_order(&self, survey: &Survey) -> Option<DateOrder> {
        let mut common = None;
        for profile in self.profiles(survey, Field::is_date).map(|(_, profile)| profile) {
            match (profile.date_order(), common) {
                (Decided::Is(order), None) => common = Some(order),
                (Decided::Is(order), Some(other)) if order != other => return None,
                (Decided::Mixed, _) => return None,
                _ => {}
            }
        }
        common
    }

    pub(super) fn profiles<'a>(
        &'a self,
        survey: &'a Survey,
        is: fn(Field) -> bool,
    ) -> impl Iterator<Item = (&'a MappedColumn, &'a ColumnProfile)> {
        let read = self.columns.iter().filter(move |column| column.field.is_some_and(is));
        read.filter_map(|column| Some((column, survey.columns().get(column.index)?)))
    }

    /// Each column's key with its field's wire name, in column order; columns that are left out don't appear.
    pub fn fields(&self) -> Vec<(String, String)> {
        let named = |column: &MappedColumn| Some((column.key.clone(), column.field?.as_str().to_owned()));
        self.columns.iter().filter_map(named).collect()
    }

    /// All that [`Mapping::correct`] needs to make the same mapping of another file with these headers.
    pub fn corrections(&self) -> Vec<(String, Option<String>)> {
        self.columns
            .iter()
            .map(|column| (column.key.clone(), column.field.map(|field| field.as_str().to_owned())))
            .collect()
    }
}

fn duplicate(first: &MappedColumn, second: &MappedColumn, field: Field) -> HeaderError {
    HeaderError::new(
        "duplicate_column",
        format!(
            "“{}” in column {} and “{}” in column {} both stand for {}. Remove or rename one.",
            first.header,
            column_letters(first.index),
            second.header,
            column_letters(second.index),
            field.label()
        ),
    )
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;
