//! Buckets and tracks: where a state belongs. The schema was fixed before any evaluation and apart from the benchmark's own
//! list of attributes.
//!
//! Upstream: `cup_mem/memory/schema.py`.

use std::fmt;

use Cardinality::{Multi, Single};

/// Whether a track holds one state at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    Single,
    Multi,
}

/// A group of tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub name: &'static str,
    pub tracks: &'static [(&'static str, Cardinality)],
}

/// All ten buckets with their 33 tracks.
pub const TRACK_BUCKETS: [Bucket; 10] = [
    Bucket {
        name: "identity_and_background",
        tracks: &[
            ("core_identity_or_role", Multi),
            ("skill_or_language_background", Multi),
            ("stable_social_context", Multi),
            ("current_status_or_affiliation", Multi),
        ],
    },
    Bucket {
        name: "stable_preferences",
        tracks: &[
            ("enduring_preference", Multi),
            ("habitual_choice_pattern", Multi),
            ("value_or_priority_tendency", Multi),
        ],
    },
    Bucket {
        name: "location_and_living",
        tracks: &[
            ("current_base_location", Single),
            ("living_arrangement_or_settlement", Single),
            ("location_linked_condition", Multi),
        ],
    },
    Bucket {
        name: "weather_and_environment",
        tracks: &[
            ("current_weather_pattern", Single),
            ("environmental_condition", Multi),
            ("weather_linked_adjustment", Multi),
        ],
    },
    Bucket {
        name: "health_and_mobility",
        tracks: &[
            ("current_health_state", Single),
            ("functional_limitation", Multi),
            ("health_linked_adjustment", Multi),
        ],
    },
    Bucket {
        name: "work_and_schedule",
        tracks: &[
            ("current_workload", Multi),
            ("schedule_pressure_or_bandwidth", Single),
            ("work_transition_or_change", Multi),
            ("standing_commitment_or_availability", Multi),
        ],
    },
    Bucket {
        name: "finance_and_resources",
        tracks: &[
            ("financial_constraint", Multi),
            ("resource_availability", Multi),
            ("resource_linked_adjustment", Multi),
            ("resource_access_or_recoverability", Multi),
        ],
    },
    Bucket {
        name: "family_and_caregiving",
        tracks: &[
            ("caregiving_responsibility", Multi),
            ("household_obligation", Multi),
            ("family_linked_constraint", Multi),
        ],
    },
    Bucket {
        name: "routine_and_transport",
        tracks: &[("current_commute_mode", Single), ("transport_access_condition", Multi), ("routine_shift", Multi)],
    },
    Bucket {
        name: "current_focus_and_goals",
        tracks: &[("current_primary_focus", Multi), ("short_horizon_goal", Multi), ("goal_linked_constraint", Multi)],
    },
];

/// Where a state belongs. A model may name tracks that the schema does not have; they hold any number of states.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Track {
    pub bucket: String,
    pub name: String,
}

impl Track {
    #[must_use]
    pub fn new(bucket: &str, name: &str) -> Self {
        Self { bucket: bucket.to_owned(), name: name.to_owned() }
    }

    /// How many states it holds at a time.
    #[must_use]
    pub fn cardinality(&self) -> Cardinality {
        cardinality(&self.bucket, &self.name)
    }

    /// Whether the schema has it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        listed(&self.bucket, &self.name).is_some()
    }
}

impl fmt::Display for Track {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.bucket, self.name)
    }
}

/// How many states a track holds at a time; any number where the schema does not have it.
#[must_use]
pub fn cardinality(bucket: &str, track: &str) -> Cardinality {
    listed(bucket, track).unwrap_or(Multi)
}

fn listed(bucket: &str, track: &str) -> Option<Cardinality> {
    let bucket = TRACK_BUCKETS.iter().find(|known| known.name == bucket)?;
    bucket.tracks.iter().find(|(name, _)| *name == track).map(|(_, cardinality)| *cardinality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_buckets_have_33_tracks_of_which_six_are_single() {
        let tracks = || TRACK_BUCKETS.iter().flat_map(|bucket| bucket.tracks);
        assert_eq!(tracks().count(), 33);
        let single: Vec<&str> = tracks().filter(|(_, of)| *of == Single).map(|(name, _)| *name).collect();
        assert_eq!(single.len(), 6, "{single:?}");
        let mut names: Vec<&str> = tracks().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 33);
    }

    #[test]
    fn a_track_belongs_to_its_bucket_alone() {
        assert_eq!(cardinality("location_and_living", "current_base_location"), Single);
        assert_eq!(cardinality("work_and_schedule", "current_base_location"), Multi);
        assert!(!Track::new("no_such_bucket", "x").is_listed());
    }
}
