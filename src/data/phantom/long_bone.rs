//! A tubular bone at some stage of growth: a shaft with a waist, two ends of their own form, and a growth plate.

use super::anatomy::GrowthEnd;
use super::shape::{Extent, Shell, ease, nearer};
use super::surface::Surface;
use super::texture::Texture;

const STATIONS: usize = 48;

/// A bone at one place along its axis.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Section {
    /// Half its width, mm.
    pub(super) half_width: f32,
    /// Thickness of its cortex, mm.
    pub(super) cortex: f32,
    /// Share of bone in its core.
    pub(super) spongy: f32,
}

/// Sections at even distances along a bone.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    sections: [Section; STATIONS + 1],
    stations_per_mm: f32,
}

impl Profile {
    /// Sections of a bone over `span` mm; beyond it the last one goes on. The share of the span is 0 to 1.
    pub(super) fn new(span: f64, section: impl Fn(f64) -> Section) -> Self {
        let mut sections = [Section::default(); STATIONS + 1];
        for (station, place) in sections.iter_mut().enumerate() {
            *place = section(station as f64 / STATIONS as f64);
        }
        Self { sections, stations_per_mm: (STATIONS as f64 / span) as f32 }
    }

    /// The section at a distance from the bone's beginning.
    pub(super) fn at(&self, u: f32) -> Section {
        let place = (u * self.stations_per_mm).clamp(0.0, STATIONS as f32);
        let station = (place as usize).min(STATIONS - 1);
        let share = place - station as f32;
        let (a, b) = (self.sections[station], self.sections[station + 1]);
        let between = |low: f32, high: f32| low + share * (high - low);
        Section {
            half_width: between(a.half_width, b.half_width),
            cortex: between(a.cortex, b.cortex),
            spongy: between(a.spongy, b.spongy),
        }
    }

    fn widest(&self) -> f32 {
        self.sections.iter().map(|section| section.half_width).fold(0.0, f32::max)
    }

    fn waist(&self) -> f32 {
        self.sections.iter().map(|section| section.half_width).fold(f32::INFINITY, f32::min)
    }
}

/// An epiphysis: a dot, then a plate, then a cap. Depths are counted from the bone's end towards its shaft.
#[derive(Debug, Clone, Copy)]
pub(super) struct Epiphysis {
    /// Half its width.
    pub(super) half_width: f32,
    /// Depth of its far and its near face in the middle.
    pub(super) faces: [f32; 2],
    /// How far its far face has the form of the bone's end, 0 to 1.
    pub(super) form: f32,
    /// How far its edges reach over the shaft, mm.
    pub(super) cap: f32,
}

/// The end of a bone at which it grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct GrowthPlate {
    /// Which end it is.
    pub(super) end: GrowthEnd,
    /// How far from the bone's end its shaft ends, mm.
    pub(super) inset: f32,
    /// How deep the end of the shaft is hollowed, mm; 0 in health.
    pub(super) cup: f32,
    /// The epiphysis, once it has appeared.
    pub(super) epiphysis: Option<Epiphysis>,
    /// How far the plate has become bone: 0 open, 1 closed.
    pub(super) fused: f32,
    /// Brightness of the line that a closed plate leaves for a while, 0 to 1.
    pub(super) scar: f32,
}

/// A tubular bone.
#[derive(Debug, Clone)]
pub(super) struct LongBone {
    /// Its length, mm.
    pub(super) length: f32,
    /// Its sections, from its base.
    pub(super) profile: Profile,
    /// Form of its base and its head.
    pub(super) surfaces: [Surface; 2],
    /// Radius of its base and its head, mm.
    pub(super) radii: [f32; 2],
    /// Where it grows.
    pub(super) growth: GrowthPlate,
    /// Seed of its texture.
    pub(super) seed: u32,
}

impl LongBone {
    /// Where it is not empty.
    pub(super) fn extent(&self) -> Extent {
        let half_width = self.growth.epiphysis.map_or(0.0, |epiphysis| epiphysis.half_width).max(self.profile.widest());
        Extent { u: [-0.4 * self.radii[0], self.length + 0.4 * self.radii[1]], v: [-half_width, half_width] }
    }

    /// Millimetres of bone at a point. The parts are one bone, so they do not add up where they overlap.
    pub(super) fn thickness(&self, u: f32, v: f32, texture: Texture) -> f32 {
        let section = self.profile.at(u);
        let section = Section { spongy: section.spongy * (1.0 + 0.5 * texture.at(u, v)), ..section };
        let side = section.half_width - v.abs();
        let GrowthPlate { end, inset, cup, epiphysis, fused, scar } = self.growth;
        let depth = if end == GrowthEnd::Proximal { u } else { self.length - u };
        if depth > 1.6 * inset + cup + 1.5 {
            return self.shell(&section).matter(self.inside(u, v, side));
        }
        let mut open = self.shaft_end(depth, v, side, &section);
        if let Some(epiphysis) = &epiphysis {
            open = open.max(self.epiphysis(epiphysis, depth, v, section.spongy));
        }
        if fused <= 0.0 {
            return open;
        }
        let across = v / self.growing_radius();
        let whole = self.shell(&section).matter(self.inside(u, v, side));
        // A plate closes from its middle outwards.
        let bridged = open + (whole - open) * ease(1.5 * fused - 0.5 * across * across * (1.0 - fused));
        let off = (depth - inset + 0.05 * inset * across * across) / 0.55;
        let line = if side > 0.0 { scar / (1.0 + off * off * off * off) } else { 0.0 };
        bridged + 0.30 * line * self.growing_radius() * (side / section.half_width).max(0.0).sqrt()
    }

    fn growing_radius(&self) -> f32 {
        self.radii[usize::from(self.growth.end == GrowthEnd::Distal)]
    }

    fn shell(&self, section: &Section) -> Shell {
        // Ends flare less in depth than in width.
        let waist = self.profile.waist();
        let depth = waist + 0.55 * (section.half_width - waist);
        Shell { radius: section.half_width, depth: 0.92 * depth, cortex: section.cortex, spongy: section.spongy }
    }

    /// How far inside the grown bone a point lies.
    fn inside(&self, u: f32, v: f32, side: f32) -> f32 {
        let [base, head] = self.radii;
        let mut inside = side;
        if u < 2.0 * base {
            inside = nearer(inside, 1.6 * (u - base * self.surfaces[0].recede(v / base)), 0.4 * base);
        }
        if self.length - u < 2.0 * head {
            inside = nearer(inside, 1.6 * (self.length - u - head * self.surfaces[1].recede(v / head)), 0.4 * head);
        }
        inside
    }

    /// The end of the shaft at an open growth plate: flat, with a dense line where new bone is laid down.
    fn shaft_end(&self, depth: f32, v: f32, side: f32, section: &Section) -> f32 {
        let radius = self.growing_radius();
        let GrowthPlate { inset, cup, .. } = self.growth;
        let across = (v / radius).clamp(-1.0, 1.0);
        let beyond = depth - inset - cup * (1.0 - across * across) - 0.10 * radius * across * across;
        let inside = nearer(side, 2.4 * beyond, 0.45 * radius);
        let line = (1.0 - beyond / 1.1).clamp(0.0, 1.0) * if cup > 0.0 { 0.1 } else { 0.45 };
        let spongy = section.spongy + (1.0 - section.spongy) * line;
        self.shell(&Section { spongy, ..*section }).matter(inside)
    }

    fn epiphysis(&self, epiphysis: &Epiphysis, depth: f32, v: f32, spongy: f32) -> f32 {
        let Epiphysis { half_width, faces: [far, near], form, cap } = *epiphysis;
        let across = v / half_width;
        let square = across * across;
        let radius = self.growing_radius();
        let surface = self.surfaces[usize::from(self.growth.end == GrowthEnd::Distal)];
        let far = far + form * radius * (surface.recede(across) - surface.recede(0.0));
        let near = near + cap * square * square;
        let half = 0.5 * (near - far);
        if half <= 0.0 || square >= 1.0 {
            return 0.0;
        }
        let place = (depth - 0.5 * (near + far)) / half;
        // An ellipse at first, nearly a rectangle with round corners when its form is the bone's.
        let rounded = square + form * (square * square * square - square);
        let along = place * place;
        let outer = 1.0 - rounded - (along + 0.5 * form * (along * along - along));
        if outer <= 0.0 {
            return 0.0;
        }
        let core = (outer - (0.7 / half.min(half_width)).min(0.40)).max(0.0);
        let spongy = 0.10 + spongy;
        1.25 * (half_width * 0.62 + 0.12 * radius) * (outer.sqrt() - (1.0 - spongy) * core.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bone(fused: f32, epiphysis: Option<Epiphysis>) -> LongBone {
        let half_width = |share: f64| 4.0 + 3.0 * (2.0 * share - 1.0).powi(4);
        let section = |share: f64| {
            let middle = 1.0 - (2.0 * share - 1.0).powi(2);
            Section { half_width: half_width(share) as f32, cortex: (0.5 + 1.4 * middle) as f32, spongy: (0.4 - 0.35 * middle) as f32 }
        };
        LongBone {
            length: 40.0,
            profile: Profile::new(40.0, section),
            surfaces: [Surface::SOCKET, Surface::CONDYLES],
            radii: [7.0, 7.0],
            growth: GrowthPlate { end: GrowthEnd::Proximal, inset: 6.0, cup: 0.0, epiphysis, fused, scar: 0.0 },
            seed: 1,
        }
    }

    const PLATE: Epiphysis = Epiphysis { half_width: 6.6, faces: [1.2, 4.6], form: 0.9, cap: 0.0 };
    const COARSE: f32 = 0.1;

    fn at(bone: &LongBone, u: f32, v: f32) -> f32 {
        bone.thickness(u, v, Texture::new(1, COARSE))
    }

    #[test]
    fn a_shaft_has_bright_walls_and_a_dark_canal() {
        let bone = bone(1.0, None);
        let (canal, wall) = (at(&bone, 20.0, 0.0), at(&bone, 20.0, 2.4));
        assert!(canal > 0.0 && wall > 1.4 * canal, "wall {wall}, canal {canal}");
        assert_eq!(at(&bone, 20.0, 4.1), 0.0, "outside the waist");
        assert!(at(&bone, 3.0, 4.1) > 0.0, "inside the flare of the base");
    }

    #[test]
    fn an_open_growth_plate_is_a_dark_gap_that_fusion_fills_from_the_middle() {
        let open = bone(0.0, Some(PLATE));
        assert_eq!(at(&open, 5.5, 0.0), 0.0);
        assert!(at(&open, 3.0, 0.0) > 1.0 && at(&open, 9.0, 0.0) > 1.0, "bone on both sides of the gap");
        assert_eq!(at(&bone(0.0, None), 3.0, 0.0), 0.0, "nothing beyond the shaft before the epiphysis appears");
        let closing = bone(0.4, Some(PLATE));
        assert!(at(&closing, 5.5, 0.0) > 0.0);
        let filled = |v: f32| at(&closing, 5.5, v) / at(&bone(1.0, Some(PLATE)), 5.5, v);
        assert!(filled(0.0) > filled(4.5), "{} {}", filled(0.0), filled(4.5));
        assert_eq!(at(&bone(1.0, Some(PLATE)), 5.5, 0.0), at(&bone(1.0, None), 5.5, 0.0));
    }

    #[test]
    fn a_plate_that_has_closed_leaves_a_line_for_a_while() {
        let mut scarred = bone(1.0, Some(PLATE));
        scarred.growth.scar = 1.0;
        assert!(at(&scarred, 6.0, 0.0) > at(&bone(1.0, Some(PLATE)), 6.0, 0.0) + 0.5);
        assert_eq!(at(&scarred, 20.0, 0.0), at(&bone(1.0, Some(PLATE)), 20.0, 0.0));
    }

    #[test]
    fn a_head_has_two_condyles_and_a_base_is_hollow() {
        let bone = bone(1.0, None);
        let reach = |v: f32| {
            (0..420)
                .map(|step| step as f32 * 0.1)
                .filter(|u| at(&bone, *u, v) > 0.0)
                .fold((99.0_f32, 0.0_f32), |(low, high), u| (low.min(u), high.max(u)))
        };
        assert!(reach(0.0).1 < reach(3.7).1 && reach(0.0).1 < reach(-3.7).1, "the groove");
        assert!(reach(0.0).0 > reach(4.5).0 && reach(0.0).0 > reach(-4.5).0, "the socket");
    }

    #[test]
    fn a_bone_is_empty_outside_its_extent() {
        for bone in [bone(0.0, Some(PLATE)), bone(0.5, Some(PLATE)), bone(1.0, None)] {
            let Extent { u: [low, high], v: [left, right] } = bone.extent();
            for (u, v) in (-20..100).flat_map(|u| (-40..40).map(move |v| (u as f32 / 2.0, v as f32 / 4.0))) {
                let full = at(&bone, u, v) > 0.0;
                assert!(!full || (low..=high).contains(&u) && (left..=right).contains(&v), "{u} {v}");
            }
        }
    }
}
