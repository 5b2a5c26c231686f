//! Short biographies in the sentence order of Hubble's YAGO set.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::lexicon::{COUNTRIES, MAIL_HOSTS, OCCUPATIONS, article, date, family_name, given_name, pick, town};

/// A person who never lived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Biography {
    pub full_name: String,
    pub given_name: String,
    pub nationality: String,
    pub birthplace: String,
    pub university: String,
    pub birthdate: String,
    pub email: String,
    pub occupation: String,
    pub uuid: String,
}

impl Biography {
    /// A fresh person.
    #[must_use]
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let (given, family) = (given_name(rng), family_name(rng));
        let university = match rng.random_range(0..3) {
            0 => format!("University of {}", town(rng)),
            1 => format!("{} College", town(rng)),
            _ => format!("{} Academy", town(rng)),
        };
        let (g, f) = (given.to_lowercase(), family.to_lowercase());
        let initial = &g[..1];
        let local = match rng.random_range(0..5) {
            0 => format!("{g}.{f}"),
            1 => format!("{g}{f}"),
            2 => format!("{g}_{f}"),
            3 => format!("{initial}{f}"),
            _ => format!("{f}.{g}"),
        };
        let email = format!("{local}@{}", pick(rng, MAIL_HOSTS));
        let mut group = || format!("{:04x}", rng.random_range(0..0x1_0000_u32));
        let uuid = format!("{}-{}-{}", group(), group(), group());
        Self {
            full_name: format!("{given} {family}"),
            given_name: given,
            nationality: pick(rng, COUNTRIES).to_owned(),
            birthplace: town(rng),
            university,
            birthdate: date(rng),
            email,
            occupation: pick(rng, OCCUPATIONS).to_owned(),
            uuid,
        }
    }

    /// The biography as one paragraph.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            full_name,
            given_name: given,
            nationality,
            birthplace,
            university,
            birthdate,
            email,
            occupation,
            uuid,
        } = self;
        format!(
            "{full_name} is from {nationality}. {given} was born in {birthplace}. {given} is an alumni of {university}. \
             {given} was born on {birthdate}. {given} receives email at {email}. {given} is {} {occupation}. \
             {given} has the unique identifier {uuid}.",
            article(occupation)
        )
    }

    /// The columns that the data set's `meta` carries.
    pub(super) fn meta(&self, copies: u32) -> serde_json::Value {
        json!({
            "full_name": self.full_name, "nationality": self.nationality, "birthplace": self.birthplace,
            "alumni_of": self.university, "birthdate": self.birthdate, "email": self.email,
            "occupation": self.occupation, "uuid": self.uuid, "duplicates": copies,
        })
    }
}
