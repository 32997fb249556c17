//! The order of ids: numbers inside them by value, so that 2 comes before 10.

use std::cmp::Ordering;

/// Compare two ids; equal only where the ids are the same text.
pub(crate) fn natural_cmp(left: &str, right: &str) -> Ordering {
    let (mut rest_left, mut rest_right) = (left, right);
    while let (Some(first_left), Some(first_right)) = (rest_left.chars().next(), rest_right.chars().next()) {
        let order = if first_left.is_ascii_digit() && first_right.is_ascii_digit() {
            compare_numbers(take_number(&mut rest_left), take_number(&mut rest_right))
        } else {
            rest_left = &rest_left[first_left.len_utf8()..];
            rest_right = &rest_right[first_right.len_utf8()..];
            first_left.cmp(&first_right)
        };
        if order.is_ne() {
            return order;
        }
    }
    // The shorter first; then `07` and `7`, which are equal numbers, by their text.
    rest_left.len().cmp(&rest_right.len()).then_with(|| left.cmp(right))
}

fn take_number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    number
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_ids_are_compared_by_value_and_no_two_ids_are_equal() {
        let sorted = ["", "1", "02", "2", "10", "99999999999999999999999", "a", "a1", "a1b", "a2", "a10", "a10 (2)", "a10 (10)", "b", "é"];
        for (i, left) in sorted.iter().enumerate() {
            for (j, right) in sorted.iter().enumerate() {
                assert_eq!(natural_cmp(left, right), i.cmp(&j), "{left:?} {right:?}");
            }
        }
    }
}
