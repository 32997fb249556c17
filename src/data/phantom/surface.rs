//! The form of a bone's end, as a curve across it.

/// How far the end of a bone recedes from its foremost point, as a polynomial of the place across.
///
/// Both are in radii of that end: at x, which runs from −1 to 1, it recedes by c₀ + c₁x + c₂x² + c₄x⁴.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Surface {
    coefficients: [f32; 4],
}

const fn surface(constant: f32, slope: f32, square: f32, fourth: f32) -> Surface {
    Surface { coefficients: [constant, slope, square, fourth] }
}

impl Surface {
    /// The head of a metacarpal.
    pub(super) const BALL: Self = surface(0.0, 0.0, 0.42, 0.42);
    /// The two condyles of a phalanx with the groove between them.
    pub(super) const CONDYLES: Self = surface(0.13, 0.0, -0.80, 1.23);
    /// The hollow base of a proximal phalanx.
    pub(super) const SOCKET: Self = surface(0.17, 0.0, -0.30, 0.20);
    /// The base of a middle or distal phalanx: two hollows for two condyles.
    pub(super) const DOUBLE_SOCKET: Self = surface(0.02, 0.0, 0.55, -0.42);
    /// The tip of a distal phalanx.
    pub(super) const TUFT: Self = surface(0.0, 0.0, 0.20, 0.80);
    /// Base of metacarpal I.
    pub(super) const SADDLE: Self = surface(0.10, 0.14, -0.10, 0.30);
    /// Base of metacarpal II.
    pub(super) const NOTCHED: Self = surface(0.20, 0.0, -0.50, 0.40);
    /// Base of metacarpal III, with its styloid process on the side of the thumb.
    pub(super) const STYLOID: Self = surface(0.12, -0.14, 0.0, 0.06);
    /// Base of metacarpal IV.
    pub(super) const FLAT: Self = surface(0.02, 0.05, 0.0, 0.18);
    /// Base of metacarpal V.
    pub(super) const SLANTED: Self = surface(0.06, -0.22, 0.10, 0.20);
    /// Distal end of the radius, in a frame that points to the elbow: the styloid process stands on the side of the thumb.
    pub(super) const RADIUS: Self = surface(0.22, 0.20, -0.14, 0.15);
    /// Distal end of the ulna, in such a frame: its styloid process stands on the side away from the thumb.
    pub(super) const ULNA: Self = surface(0.30, -0.13, 0.48, -0.65);

    /// The polynomial at `x`, which is kept between −1.2 and 1.2.
    pub(super) fn recede(self, x: f32) -> f32 {
        let [constant, slope, square, fourth] = self.coefficients;
        let x = x.clamp(-1.2, 1.2);
        let xx = x * x;
        constant + slope * x + xx * (square + fourth * xx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_what_their_names_say() {
        assert!(Surface::BALL.recede(0.0) < Surface::BALL.recede(0.5) && Surface::BALL.recede(0.5) < Surface::BALL.recede(1.0));
        assert!(Surface::CONDYLES.recede(0.0) > Surface::CONDYLES.recede(0.55) && Surface::CONDYLES.recede(1.0) > 0.4);
        assert!(Surface::SOCKET.recede(0.0) > Surface::SOCKET.recede(0.9));
        assert!(Surface::DOUBLE_SOCKET.recede(0.0) < Surface::DOUBLE_SOCKET.recede(0.7));
        let (thumb, little) = (Surface::RADIUS.recede(-1.0), Surface::RADIUS.recede(1.0));
        assert!(thumb + 0.3 < little, "styloid {thumb}, other side {little}");
    }
}
