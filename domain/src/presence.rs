//! Who has a customer open, and who says to be working on it. Softer than a lock: nobody is kept from anything.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{CustomerId, UserId};

/// How long a claim holds that nobody renews.
pub const CLAIM_HOLDS: Duration = Duration::minutes(30);

/// Someone at a screen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Display name.
    pub name: String,
    /// The user.
    pub id: UserId,
}

/// Who works on a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Who is at a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The customer.
    pub customer_id: CustomerId,
    /// Everybody who has it open, each once, by name.
    pub people: Vec<Person>,
    /// Who works on it.
    pub claim: Option<Claim>,
}

impl Presence {
    /// Nobody is there.
    pub fn nobody(customer_id: CustomerId) -> Self {
        Self { customer_id, people: Vec::new(), claim: None }
    }
}

/// What someone said about working on a customer: the newest of all that is said counts, wherever it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// Who.
    pub person: Person,
    /// When they took it, or left it.
    pub since: DateTime<Utc>,
    /// When they last said so.
    pub renewed: DateTime<Utc>,
    /// They are done with it.
    pub released: bool,
}

impl Say {
    /// `person` takes it, whoever had it, or says again that they have it. `over` is who they believe has it: none of
    /// this happens when it is somebody else by now.
    pub fn claim(
        current: Option<&Say>,
        person: Person,
        over: Option<&UserId>,
        now: DateTime<Utc>,
    ) -> Option<Say> {
        let holder = current.filter(|say| say.holds(now));
        match holder {
            Some(mine) if mine.person.id == person.id => {
                Some(Say { person, since: mine.since, renewed: now, released: false })
            }
            holder if holder.map(|say| &say.person.id) == over => {
                Some(Say { person, since: now, renewed: now, released: false })
            }
            _ => None,
        }
    }

    /// `person` is done with it, if it was theirs.
    pub fn release(current: Option<&Say>, person: &Person, now: DateTime<Utc>) -> Option<Say> {
        current.filter(|say| say.holds(now) && say.person.id == person.id).map(|say| Say {
            since: now,
            renewed: now,
            released: true,
            ..say.clone()
        })
    }

    /// Whether it counts against `other`.
    pub fn outranks(&self, other: &Say) -> bool {
        let rank = |say: &Say| (say.since, say.renewed, say.person.id.clone());
        rank(self) > rank(other)
    }

    /// Whether it still means something: a claim that holds, or a release that older claims have to be measured by.
    pub fn is_remembered(&self, now: DateTime<Utc>) -> bool {
        now < self.renewed + CLAIM_HOLDS
    }

    /// The claim it is, as long as that holds.
    pub fn as_claim(&self, now: DateTime<Utc>) -> Option<Claim> {
        self.holds(now).then(|| Claim { person: self.person.clone(), since: self.since })
    }

    fn holds(&self, now: DateTime<Utc>) -> bool {
        !self.released && self.is_remembered(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minute)
    }

    fn person(name: &str) -> Person {
        Person { name: name.to_owned(), id: UserId::from(name.to_lowercase()) }
    }

    #[test]
    fn a_claim_holds_for_half_an_hour_after_it_was_last_renewed() {
        let ann = person("Ann");
        let claimed = Say::claim(None, ann.clone(), None, at(0)).unwrap();
        assert_eq!(claimed.as_claim(at(29)), Some(Claim { person: ann.clone(), since: at(0) }));
        assert_eq!(claimed.as_claim(at(30)), None);
        let renewed = Say::claim(Some(&claimed), ann.clone(), None, at(20)).unwrap();
        assert_eq!(renewed.as_claim(at(49)), Some(Claim { person: ann, since: at(0) }));
        assert!(renewed.outranks(&claimed));
    }

    #[test]
    fn it_is_taken_over_only_by_someone_who_knows_whose_it_is() {
        let (ann, bob) = (person("Ann"), person("Bob"));
        let anns = Say::claim(None, ann.clone(), None, at(0)).unwrap();
        assert_eq!(Say::claim(Some(&anns), bob.clone(), None, at(1)), None);
        assert_eq!(Say::claim(Some(&anns), bob.clone(), Some(&person("Eve").id), at(1)), None);
        let bobs = Say::claim(Some(&anns), bob.clone(), Some(&ann.id), at(1)).unwrap();
        assert!(bobs.outranks(&anns));
        // Ann's last word was renewed later, through a node that had not heard of it: Bob has it all the same.
        let renewed = Say { renewed: at(2), ..anns };
        assert!(bobs.outranks(&renewed));
        assert_eq!(Say::release(Some(&bobs), &ann, at(3)), None);
        let released = Say::release(Some(&bobs), &bob, at(3)).unwrap();
        assert!(released.outranks(&bobs));
        assert_eq!(released.as_claim(at(3)), None);
        assert!(Say::claim(Some(&released), ann, None, at(4)).is_some());
    }

    #[test]
    fn it_stands_on_the_wire_as_documented() {
        let presence = Presence {
            customer_id: CustomerId::from("cus_1".to_owned()),
            people: vec![person("Ann")],
            claim: Some(Claim { person: person("Ann"), since: at(0) }),
        };
        let json = serde_json::json!({
            "customer_id": "cus_1", "people": [{ "id": "ann", "name": "Ann" }],
            "claim": { "id": "ann", "name": "Ann", "since": "1970-01-01T00:00:00Z" },
        });
        assert_eq!(serde_json::to_value(&presence).unwrap(), json);
        assert_eq!(serde_json::from_value::<Presence>(json).unwrap(), presence);
    }
}
