//! What a finished run's network looks at: a film in, a map of what each region adds to the predicted age out.
//!
//! Two methods, both in fp32 whatever the run was computed in. In either map a region above zero **raises** the predicted age and
//! one below zero lowers it:
//!
//! * [`Method::GradCam`] (Selvaraju et al. 2017, arXiv 1610.02391): one pass back from the age to the last map of features, which
//!   is coarse (7×7 for many networks at 224 pixels). Its values have no unit that could be compared between networks.
//! * [`Method::Occlusion`] (Zeiler & Fergus 2014, arXiv 1311.2901): a grey patch slides over the film, and the map is by how many
//!   months the age is higher with the region than without it. About 130 predictions for a film, of any network.
//!
//! The paper of Grad-CAM keeps what is above zero, the evidence *for* a class, and gets the evidence against it from the negated
//! gradient. An age is no class: what makes a hand look younger matters as much as what makes it look older. The [`Map`] therefore
//! keeps the sign; [`Map::raising`] is the paper's map and [`Map::lowering`] its counterpart.
//!
//! (The paper cuts at zero before it enlarges the map; here the map is cut after it was enlarged.)
//!
//! A map shows where the evidence is, not whether it is good. Adebayo et al. 2018 (arXiv 1810.03292) found methods whose maps look
//! convincing and stay the same when the weights are drawn anew; Grad-CAM passed that test.

mod grad_cam;
mod map;
mod occlusion;
mod paint;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
mod trained;

pub use map::Map;
pub use paint::{Picture, paint};
pub use trained::Explanation;

/// How a prediction is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Gradients of the age with respect to the last map of features.
    GradCam,
    /// Regions covered one after the other.
    Occlusion,
}

impl Method {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::GradCam => "Grad-CAM",
            Self::Occlusion => "occlusion",
        }
    }

    /// Whether the map's values are months.
    pub fn is_in_months(self) -> bool {
        matches!(self, Self::Occlusion)
    }
}
