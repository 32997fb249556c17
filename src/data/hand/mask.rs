//! Sets of pixels: areas, outlines, growing and shrinking.

use std::ops::Range;

/// Which pixels of a reduced film are meant, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    pub(super) on: Vec<bool>,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Mask {
    pub(super) fn full(height: usize, width: usize) -> Self {
        Self { on: vec![true; height * width], height, width }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> bool {
        self.on[row * self.width + column]
    }

    pub(super) fn count(&self) -> usize {
        self.on.iter().filter(|on| **on).count()
    }

    /// Those of its pixels for which that holds.
    pub(super) fn filter(&self, holds: impl Fn(usize) -> bool) -> Self {
        let on = self.on.iter().enumerate().map(|(place, on)| *on && holds(place)).collect();
        Self { on, ..*self }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        self.filter(|place| other.on[place])
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        self.filter(|place| !other.on[place])
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self { on: self.on.iter().zip(&other.on).map(|(one, other)| *one || *other).collect(), ..*self }
    }

    /// The places of its pixels.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.on.iter().enumerate().filter(|(_, on)| **on).map(|(place, _)| place)
    }

    /// The places above, below, left and right of a place; none beyond an edge.
    fn neighbours(&self, place: usize) -> [Option<usize>; 4] {
        let (row, column) = (place / self.width, place % self.width);
        [
            (row > 0).then(|| place - self.width),
            (row + 1 < self.height).then(|| place + self.width),
            (column > 0).then(|| place - 1),
            (column + 1 < self.width).then(|| place + 1),
        ]
    }

    /// Without its outermost pixels, so many times; beyond the film lies more of it, or nothing of it.
    pub(super) fn eroded(&self, times: usize, beyond: bool) -> Self {
        (0..times).fold(self.clone(), |mask, _| {
            mask.filter(|place| mask.neighbours(place).iter().all(|neighbour| neighbour.map_or(beyond, |neighbour| mask.on[neighbour])))
        })
    }

    /// With the pixels beside it, so many times.
    pub(super) fn dilated(&self, times: usize) -> Self {
        (0..times).fold(self.clone(), |mask, _| {
            let mut grown = mask.clone();
            for place in mask.places() {
                for neighbour in mask.neighbours(place).into_iter().flatten() {
                    grown.on[neighbour] = true;
                }
            }
            grown
        })
    }

    /// Without what is thinner than twice that and a pixel.
    pub(super) fn opened(&self, times: usize) -> Self {
        self.eroded(times, true).dilated(times).and(self)
    }

    /// All that is connected with the seeds inside it.
    pub(super) fn connected_with(&self, seeds: impl Iterator<Item = usize>) -> Self {
        let mut reached = self.filter(|_| false);
        let mut open: Vec<usize> = seeds.filter(|place| self.on[*place]).collect();
        for place in &open {
            reached.on[*place] = true;
        }
        while let Some(place) = open.pop() {
            for neighbour in self.neighbours(place).into_iter().flatten() {
                if self.on[neighbour] && !reached.on[neighbour] {
                    reached.on[neighbour] = true;
                    open.push(neighbour);
                }
            }
        }
        reached
    }

    /// Its connected areas, largest first, and at most so many.
    pub(super) fn areas(&self, most: usize) -> Vec<Self> {
        let mut rest = self.clone();
        let mut areas: Vec<Vec<usize>> = Vec::new();
        for place in self.places() {
            if !std::mem::take(&mut rest.on[place]) {
                continue;
            }
            // Each place is taken out of the rest when it is reached, so that grain of a thousand areas costs no more than one.
            let mut area = vec![place];
            let mut next = 0;
            while let Some(place) = area.get(next).copied() {
                next += 1;
                for neighbour in self.neighbours(place).into_iter().flatten() {
                    if std::mem::take(&mut rest.on[neighbour]) {
                        area.push(neighbour);
                    }
                }
            }
            areas.push(area);
        }
        areas.sort_by_key(|area| std::cmp::Reverse(area.len()));
        areas.truncate(most);
        let mask = |places: Vec<usize>| {
            let mut mask = Self { on: vec![false; self.on.len()], ..*self };
            for place in places {
                mask.on[place] = true;
            }
            mask
        };
        areas.into_iter().map(mask).collect()
    }

    /// With all that it encloses.
    pub(super) fn filled(&self) -> Self {
        let outside = Self { on: self.on.iter().map(|on| !on).collect(), ..*self };
        let from_edge = outside.connected_with(self.edge_places());
        Self { on: from_edge.on.iter().map(|on| !on).collect(), ..*self }
    }

    fn edge_places(&self) -> impl Iterator<Item = usize> + use<> {
        let (height, width) = (self.height, self.width);
        (0..height * width).filter(move |place| {
            let (row, column) = (place / width, place % width);
            row == 0 || column == 0 || row + 1 == height || column + 1 == width
        })
    }

    /// How many of the film's four sides it reaches.
    pub(super) fn touched_sides(&self) -> usize {
        let (Some((rows, columns)), height, width) = (self.bounds(), self.height, self.width) else { return 0 };
        let sides = [rows.start == 0, rows.end == height, columns.start == 0, columns.end == width];
        sides.into_iter().filter(|touched| *touched).count()
    }

    /// The rows and columns of the smallest box around it; none where it is empty.
    pub(super) fn bounds(&self) -> Option<(Range<usize>, Range<usize>)> {
        let rows: Vec<usize> = (0..self.height).filter(|row| (0..self.width).any(|column| self.at(*row, column))).collect();
        let columns = || self.places().map(|place| place % self.width);
        let (first, last) = (columns().min()?, columns().max()?);
        Some((*rows.first()?..rows.last()? + 1, first..last + 1))
    }

    /// Share of its convex hull that it fills.
    pub(super) fn solidity(&self) -> f64 {
        let mut corners = Vec::new();
        for row in 0..self.height {
            let line = &self.on[row * self.width..(row + 1) * self.width];
            let (Some(first), Some(last)) = (line.iter().position(|on| *on), line.iter().rposition(|on| *on)) else { continue };
            for y in [row, row + 1] {
                corners.extend([(y as i64, first as i64), (y as i64, last as i64 + 1)]);
            }
        }
        let hull = twice_hull_area(corners) as f64 / 2.0;
        if hull == 0.0 { 1.0 } else { self.count() as f64 / hull }
    }
}

/// Twice the area of the convex hull of points (Andrew 1979, Another efficient algorithm for convex hulls in two dimensions).
fn twice_hull_area(mut points: Vec<(i64, i64)>) -> i64 {
    points.sort_unstable();
    points.dedup();
    let cross = |a: (i64, i64), b: (i64, i64), c: (i64, i64)| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    let half = |points: &mut dyn Iterator<Item = (i64, i64)>| {
        let mut chain: Vec<(i64, i64)> = Vec::new();
        for point in points {
            while let [.., before, last] = chain[..]
                && cross(before, last, point) <= 0
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    let next = hull.iter().cycle().skip(1);
    hull.iter().zip(next).map(|(one, other)| one.0 * other.1 - one.1 * other.0).sum::<i64>().abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Mask {
        let on = rows.iter().flat_map(|row| row.chars().map(|pixel| pixel == '#')).collect();
        Mask { on, height: rows.len(), width: rows[0].len() }
    }

    #[test]
    fn bounds_are_those_of_the_outermost_pixels() {
        assert_eq!(mask(&["......", "..#...", "...#..", "......"]).bounds(), Some((1..3, 2..4)));
        assert_eq!(mask(&["..."]).bounds(), None);
    }

    #[test]
    fn a_rectangle_fills_its_hull_and_a_cross_does_not() {
        assert_eq!(mask(&[".....", ".####", ".####"]).solidity(), 1.0);
        // Five pixels; the hull of a plus of three by three is nine less four corners of half a pixel.
        assert!((mask(&[".#.", "###", ".#."]).solidity() - 5.0 / 7.0).abs() < 1e-12);
    }

    #[test]
    fn opening_cuts_a_thin_line_and_keeps_what_it_was_tied_to() {
        let tied = mask(&["###....", "#######", "###....", "......."]);
        // A stub of the line stays.
        assert_eq!(tied.opened(1), mask(&["###....", "####...", "###....", "......."]));
    }

    #[test]
    fn holes_are_filled_and_bays_are_not() {
        assert_eq!(mask(&["####", "#..#", "####", "#..#"]).filled(), mask(&["####", "####", "####", "#..#"]));
    }

    #[test]
    fn areas_are_apart_where_they_meet_at_a_corner() {
        let areas = mask(&["#..", ".##"]).areas(9);
        assert_eq!(areas, [mask(&["...", ".##"]), mask(&["#..", "..."])]);
        assert_eq!(areas[0].touched_sides(), 2);
    }
}
