//! minijinja templates over an item. Undefined names are errors, nothing is escaped, no line break is lost.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use super::error::TemplateError;
use crate::dataset::Item;
use crate::suite::{ChooseProbe, TemplateFault};

const CONTEXT: &str = "context";
const CHOICE: &str = "choice";

/// The two templates of a choose task, read once.
#[derive(Debug)]
pub struct ChooseTemplates {
    environment: Environment<'static>,
}

/// What is asked of a model about one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedChoices {
    /// Only conditioned on; may be empty.
    pub context: String,
    /// One scored continuation for each of the item's choices, in its order, each with its own leading space.
    pub choices: Vec<String>,
}

/// A choice with the context that it stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPair {
    /// May be empty.
    pub context: String,
    /// Without the delimiter that parts it from the context.
    pub choice: String,
}

impl ChooseTemplates {
    /// Reads both templates.
    ///
    /// # Errors
    /// One of them is no template.
    pub fn new(probe: &ChooseProbe) -> Result<Self, TemplateError> {
        let mut environment = environment();
        for (name, source) in [(CONTEXT, &probe.context), (CHOICE, &probe.choice)] {
            add(&mut environment, name, source)?;
        }
        Ok(Self { environment })
    }

    /// Fills the templates for one item; only the second one knows `choice`.
    ///
    /// # Errors
    /// A name that the item does not have, or a value that the template cannot use.
    pub fn render(&self, item: &Item) -> Result<RenderedChoices, TemplateError> {
        let values = values(item);
        let context = self.fill(CONTEXT, item, &values)?;
        let choices = (0..item.choices.len()).map(|place| self.fill(CHOICE, item, &with_choice(&values, item, place)));
        Ok(RenderedChoices { context, choices: choices.collect::<Result<_, _>>()? })
    }

    /// Fills both templates once for each choice; both know `choice`, `letter` and `number`.
    ///
    /// # Errors
    /// A name that the item does not have, or a value that the template cannot use.
    pub fn render_pairs(&self, item: &Item) -> Result<Vec<RenderedPair>, TemplateError> {
        let values = values(item);
        let pair = |place: usize| {
            let values = with_choice(&values, item, place);
            let context = self.fill(CONTEXT, item, &values)?;
            Ok(RenderedPair { context, choice: self.fill(CHOICE, item, &values)? })
        };
        (0..item.choices.len()).map(pair).collect()
    }

    fn fill(&self, name: &'static str, item: &Item, values: &BTreeMap<String, Value>) -> Result<String, TemplateError> {
        fill(&self.environment, name, item, values)
    }
}

/// Templates that are filled once for an item, by name.
#[derive(Debug)]
pub struct ItemTemplates {
    environment: Environment<'static>,
}

impl ItemTemplates {
    /// Reads all of them; `sources` are (name, template).
    ///
    /// # Errors
    /// One of them is no template.
    pub fn new(sources: &[(&'static str, &str)]) -> Result<Self, TemplateError> {
        let mut environment = environment();
        for &(name, source) in sources {
            add(&mut environment, name, source)?;
        }
        Ok(Self { environment })
    }

    /// Fills one of them for an item.
    ///
    /// # Errors
    /// A name that the item does not have, or a value that the template cannot use.
    pub fn render(&self, name: &'static str, item: &Item) -> Result<String, TemplateError> {
        fill(&self.environment, name, item, &values(item))
    }
}

fn add(environment: &mut Environment<'static>, name: &'static str, source: &str) -> Result<(), TemplateError> {
    environment.add_template_owned(name, source.to_owned()).map_err(|error| TemplateError::Unreadable {
        template: name,
        reason: reason(&error),
        line: error.line(),
    })
}

fn fill(
    environment: &Environment<'_>,
    name: &'static str,
    item: &Item,
    values: &BTreeMap<String, Value>,
) -> Result<String, TemplateError> {
    let failed = |error: &minijinja::Error| TemplateError::Failed {
        template: name,
        item: item.id.clone(),
        reason: reason(error),
    };
    let template = environment.get_template(name).map_err(|error| failed(&error))?;
    template.render(values).map_err(|error| {
        // The engine says that something is undefined; which one it was is the first name that nobody gives.
        let variables = undeclared(environment, &template);
        let missing = variables.into_iter().find(|variable| !values.contains_key(variable));
        match missing {
            Some(variable) if error.kind() == ErrorKind::UndefinedError => TemplateError::Undefined {
                template: name,
                item: item.id.clone(),
                variable,
                known: values.keys().cloned().collect(),
            },
            _ => failed(&error),
        }
    })
}

/// What a template of a choice sees besides the item: the choice, its place as a number from 1 and as a letter from A.
fn with_choice(values: &BTreeMap<String, Value>, item: &Item, place: usize) -> BTreeMap<String, Value> {
    let mut values = values.clone();
    values.insert(CHOICE.to_owned(), Value::from(item.choices.get(place).map(String::as_str)));
    values.insert("number".to_owned(), Value::from(place + 1));
    let letter = u8::try_from(place).ok().filter(|&place| place < 26).map(|place| char::from(b'A' + place));
    if let Some(letter) = letter {
        values.insert("letter".to_owned(), Value::from(letter.to_string()));
    }
    values
}

/// The names that a template reads from its item, sorted; functions of the engine and its own loop variables are not
/// among them.
///
/// # Errors
/// It is no template.
pub fn template_variables(source: &str) -> Result<BTreeSet<String>, TemplateFault> {
    let environment = environment();
    match environment.template_from_str(source) {
        Ok(template) => Ok(undeclared(&environment, &template)),
        Err(error) => Err(TemplateFault { reason: reason(&error), line: error.line() }),
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let syntax = environment.syntax().to_builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the engine's own delimiters are valid"));
    environment
}

fn undeclared(environment: &Environment<'_>, template: &minijinja::Template<'_, '_>) -> BTreeSet<String> {
    let globals: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    let names = template.undeclared_variables(false);
    names.into_iter().filter(|name| !globals.contains(name.as_str())).collect()
}

/// The item as a template sees it: its fields, and the parts that every item has, which no field can hide.
fn values(item: &Item) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, Value> =
        item.fields.iter().map(|(name, value)| (name.clone(), Value::from(Serde(value.clone())))).collect();
    values.insert("id".to_owned(), Value::from(item.id.as_str()));
    values.insert("copies".to_owned(), Value::from(item.copies));
    if item.choices.is_empty() {
        values.insert("text".to_owned(), Value::from(item.text.as_str()));
    } else {
        values.insert("choices".to_owned(), Value::from(item.choices.clone()));
    }
    values
}

fn reason(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::ChoiceNormalisation;

    fn item() -> Item {
        Item {
            id: "7".to_owned(),
            cluster: "7".to_owned(),
            copies: Some(4),
            text: String::new(),
            choices: vec!["<b>one</b>".to_owned(), "{{ two }}".to_owned()],
            answer: Some(0),
            history: None,
            fields: BTreeMap::from([("question".to_owned(), "Is 1 < 2?".into())]),
        }
    }

    fn render(context: &str, choice: &str) -> Result<RenderedChoices, TemplateError> {
        let (context, choice) = (context.to_owned(), choice.to_owned());
        let normalisation = vec![ChoiceNormalisation::Sum];
        ChooseTemplates::new(&ChooseProbe { context, choice, delimiter: None, normalisation })?.render(&item())
    }

    #[test]
    fn nothing_is_escaped_and_values_are_never_templates() {
        let rendered = render("Question: {{ question }}\nAnswer:", " {{ choice }}").unwrap();
        assert_eq!(rendered.context, "Question: Is 1 < 2?\nAnswer:");
        assert_eq!(rendered.choices, [" <b>one</b>", " {{ two }}"]);
    }

    #[test]
    fn spaces_and_line_breaks_stay_and_a_context_may_be_empty() {
        let rendered = render("", " {{ choice }}.\n").unwrap();
        assert_eq!(rendered.context, "");
        assert_eq!(rendered.choices[0], " <b>one</b>.\n");
    }

    #[test]
    fn a_context_may_name_its_choice_and_places_are_letters_and_numbers() {
        let (context, choice) = ("{{ question }} {{ choice }}".to_owned(), "{{ letter }}{{ number }}".to_owned());
        let normalisation = vec![ChoiceNormalisation::Sum];
        let probe = ChooseProbe { context, choice, delimiter: Some(" ".to_owned()), normalisation };
        let pairs = ChooseTemplates::new(&probe).unwrap().render_pairs(&item()).unwrap();
        let pair = |context: &str, choice: &str| RenderedPair { context: context.into(), choice: choice.into() };
        assert_eq!(pairs, [pair("Is 1 < 2? <b>one</b>", "A1"), pair("Is 1 < 2? {{ two }}", "B2")]);
    }

    #[test]
    fn an_undefined_name_tells_the_variable_the_template_and_what_there_is() {
        let error = render("{{ question }} {{ subjet }}", "{{ choice }}").unwrap_err();
        let TemplateError::Undefined { template, variable, known, item } = &error else { panic!("{error}") };
        assert_eq!((*template, variable.as_str(), item.as_str()), ("context", "subjet", "7"));
        assert_eq!(known.as_slice(), ["choices", "copies", "id", "question"]);
        assert!(matches!(render("{{ choice }}", "x"), Err(TemplateError::Undefined { template: "context", .. })));
    }

    #[test]
    fn a_broken_template_tells_its_line() {
        let error = render("a\n{{ question", "{{ choice }}").unwrap_err();
        assert!(matches!(&error, TemplateError::Unreadable { template: "context", line: Some(2), .. }), "{error}");
    }

    #[test]
    fn a_template_that_cannot_use_a_value_names_the_item() {
        let error = render("{{ question + 1 }}", "{{ choice }}").unwrap_err();
        assert!(matches!(&error, TemplateError::Failed { item, .. } if item == "7"), "{error}");
    }

    #[test]
    fn variables_are_those_that_the_item_must_give() {
        let names = |source| template_variables(source).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(names("{{ b }} {{ a.c }} {% for x in range(3) %}{{ x }}{{ loop.index }}{% endfor %}"), ["a", "b"]);
        assert_eq!(names("{% set y = 1 %}{{ y }}"), [""; 0]);
        assert!(template_variables("{{ a").is_err());
    }
}
