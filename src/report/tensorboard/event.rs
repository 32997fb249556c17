//! The messages of an event file and their framing, as far as scalars and texts need them.
//!
//! Messages are those of TensorFlow's `event.proto`, `summary.proto`, `tensor.proto` and `tensor_shape.proto`, with the same numbers.
//! A record is its length (u64, little-endian), the masked CRC-32C of those eight bytes, the message, and the masked CRC-32C of the
//! message: the format TFRecord.

use prost::Message;

/// `DT_STRING` of `types.proto`.
const STRINGS: i32 = 7;

/// One record.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    /// Seconds since the Unix epoch.
    #[prost(double, tag = "1")]
    pub(super) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(super) step: i64,
    /// In the first record of a file alone.
    #[prost(string, optional, tag = "3")]
    pub(super) file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub(super) summary: Option<Summary>,
}

/// Values of one step.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(super) value: Vec<TaggedValue>,
}

/// One value.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TaggedValue {
    #[prost(string, tag = "1")]
    pub(super) tag: String,
    #[prost(float, optional, tag = "2")]
    pub(super) simple_value: Option<f32>,
    #[prost(message, optional, tag = "8")]
    pub(super) tensor: Option<Tensor>,
    #[prost(message, optional, tag = "9")]
    metadata: Option<Metadata>,
}

/// What a value is for.
#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(message, optional, tag = "1")]
    plugin_data: Option<PluginData>,
}

/// By whom it is shown.
#[derive(Clone, PartialEq, Message)]
struct PluginData {
    #[prost(string, tag = "1")]
    plugin_name: String,
}

/// Texts of one dimension.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Tensor {
    #[prost(int32, tag = "1")]
    dtype: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub(super) string_val: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "2")]
    dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, tag = "1")]
    size: i64,
}

/// A number, of single precision as the format has it.
pub(super) fn scalar(tag: &str, value: f64) -> TaggedValue {
    TaggedValue { tag: tag.to_owned(), simple_value: Some(value as f32), tensor: None, metadata: None }
}

/// A text in Markdown.
pub(super) fn text(tag: &str, text: &str) -> TaggedValue {
    let metadata = Metadata { plugin_data: Some(PluginData { plugin_name: "text".to_owned() }) };
    let tensor =
        Tensor { dtype: STRINGS, shape: Some(Shape { dim: vec![Dimension { size: 1 }] }), string_val: vec![text.as_bytes().to_vec()] };
    TaggedValue { tag: tag.to_owned(), simple_value: None, tensor: Some(tensor), metadata: Some(metadata) }
}

/// An event as it stands in the file.
pub(super) fn framed(event: &Event) -> Vec<u8> {
    let message = event.encode_to_vec();
    let length = (message.len() as u64).to_le_bytes();
    [&length, &masked_crc(&length)[..], &message, &masked_crc(&message)[..]].concat()
}

/// The checksum, turned and shifted so that one of bytes with checksums among them is no special case.
fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_rfc_3720_masked() {
        // RFC 3720, appendix B.4: 32 bytes of zero have the CRC-32C 0x8a9136aa.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        // Turned right by 15 bits, plus 0xa282ead8.
        assert_eq!(masked_crc(&[0; 32]), 0x0fd7_fffa_u32.to_le_bytes());
    }

    #[test]
    fn the_first_record_of_a_file_is_that_of_tensorboard_to_the_byte() {
        // Written by TensorBoard 2.21's RecordWriter from an Event with wall_time 0 and file_version "brain.Event:2".
        let first = Event { file_version: Some("brain.Event:2".to_owned()), ..Event::default() };
        let expected =
            [15, 0, 0, 0, 0, 0, 0, 0, 109, 83, 43, 9, 26, 13, 98, 114, 97, 105, 110, 46, 69, 118, 101, 110, 116, 58, 50, 252, 152, 81, 41];
        assert_eq!(framed(&first), expected);
    }

    #[test]
    fn a_scalar_is_a_message_of_known_bytes() {
        let event = Event { wall_time: 1.5, step: 3, file_version: None, summary: Some(Summary { value: vec![scalar("a", 0.25)] }) };
        let message = event.encode_to_vec();
        let expected = [
            &[0x09][..],
            &1.5_f64.to_le_bytes(),                    // field 1, 64 bits
            &[0x10, 3],                                // field 2, number
            &[0x2a, 10, 0x0a, 8, 0x0a, 1, b'a', 0x15], // field 5: field 1: tag, then field 2, 32 bits
            &0.25_f32.to_le_bytes(),
        ]
        .concat();
        assert_eq!(message, expected);
    }
}
