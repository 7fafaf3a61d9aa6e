//! Cuts the power at every moment of a life.

use std::collections::HashSet;

use crate::disk::{Event, Image};
use crate::life::{Life, Plan};
use crate::platter::{Honesty, Platter};
use crate::recovery::{Due, recover};
use crate::told::{Fact, Told};
use crate::vfs::Mount;
use seeded_rng::SeededRng;

/// Maximum number of images per moment.
const IMAGES_PER_MOMENT: usize = 10;

/// Counts of the images.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) lives: u64,
    pub(crate) moments: u64,
    /// Different images that were recovered and audited.
    pub(crate) images: u64,
    pub(crate) answers: u64,
}

impl Survey {
    pub(crate) fn add(&mut self, other: &Survey) {
        self.lives += other.lives;
        self.moments += other.moments;
        self.images += other.images;
        self.answers += other.answers;
    }
}

/// An image after a power cut, and what it must contain.
#[derive(Default)]
pub(crate) struct Survivor {
    pub(crate) image: Image,
    pub(crate) told: Told,
}

impl Survey {
    /// Cuts the power at each moment of a `life` that began with `start`, and returns one of the images.
    pub(crate) fn cut_everywhere(
        &mut self,
        mount: &Mount,
        start: &Survivor,
        life: &Life,
        plan: Plan,
        honesty: Honesty,
    ) -> Result<Survivor, String> {
        let mut platter = Platter::holding(&start.image, honesty);
        let mut story = Story::new(&start.told, &life.facts);
        let mut tried = HashSet::new();
        let mut survivor = None;
        let events = &life.journal.events;
        for moment in 0..=events.len() {
            // Answers before the next change of the disk belong to this moment.
            let next = events.get(moment);
            if !matches!(next, Some(Event::HandedIn(_) | Event::Answered(_))) {
                self.moments += 1;
                let images = if platter.is_at_rest() { 1 } else { IMAGES_PER_MOMENT };
                for number in 0..images {
                    let mut rng =
                        SeededRng::new(plan.seed ^ (moment as u64) << 24 ^ (number as u64) << 56);
                    let (image, recipe) = platter.cut(number, &mut rng);
                    if !tried.insert((recipe, story.answered)) {
                        continue;
                    }
                    self.images += 1;
                    let in_full = number == 0;
                    let told = recover(mount, &image, story.due(), in_full).map_err(|what| {
                        format!(
                            "{plan:?}, image {number} of moment {moment} of {}, before {next:?}, \
                             {} commands answered of {} handed in: {what}",
                            events.len(),
                            story.answered,
                            story.handed_in
                        )
                    })?;
                    // Any may be the one, the later the likelier.
                    if rng.below(1 + tried.len() as u64) < 4 || survivor.is_none() {
                        survivor = Some(Survivor { image, told });
                    }
                }
            }
            if let Some(event) = next {
                platter.follow(event);
                story.follow(event);
            }
        }
        self.lives += 1;
        self.answers += story.answered as u64;
        survivor.ok_or_else(|| "a life without a moment".to_owned())
    }
}

/// The answers that callers have at a moment.
pub(crate) struct Story<'l> {
    told: Told,
    facts: &'l [Option<Fact>],
    answered: usize,
    handed_in: usize,
}

impl<'l> Story<'l> {
    pub(crate) fn new(told: &Told, facts: &'l [Option<Fact>]) -> Story<'l> {
        Story { told: told.clone(), facts, answered: 0, handed_in: 0 }
    }

    pub(crate) fn follow(&mut self, event: &Event) {
        match event {
            Event::HandedIn(count) => self.handed_in = *count,
            // Answers arrive in the order of the commands.
            Event::Answered(number) => {
                for fact in self.facts[self.answered..=*number].iter().flatten() {
                    self.told.add(fact);
                }
                self.answered = number + 1;
            }
            _ => {}
        }
    }

    pub(crate) fn due(&self) -> Due<'_> {
        Due { answered: &self.told, under_way: &self.facts[self.answered..self.handed_in] }
    }
}
