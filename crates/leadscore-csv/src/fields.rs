//! The fields of records, unquoted, in one buffer that is used again.

/// The fields of one record, one after the other in one buffer.
///
/// The vectors keep their length from record to record, so that csv-core can write into them without their being
/// cleared first; only what `byte_count` and `field_count` cover is valid.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    byte_count: usize,
    ends: Vec<usize>,
    field_count: usize,
}

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.byte_count = 0;
        self.field_count = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.field_count
    }

    /// The content of all fields, without anything between them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.byte_count]
    }

    /// The offset in [`Fields::bytes`] where each field ends.
    pub(crate) fn ends(&self) -> &[usize] {
        &self.ends[..self.field_count]
    }

    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends().get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Some(&self.bytes[start..end])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends().iter().copied());
        starts.zip(self.ends()).map(|(start, end)| &self.bytes[start..*end])
    }

    /// Appends bytes to the field that is being built.
    pub(crate) fn extend(&mut self, content: &[u8]) {
        let end = self.byte_count + content.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.byte_count..end].copy_from_slice(content);
        self.byte_count = end;
    }

    /// Ends the field that is being built.
    pub(crate) fn end_field(&mut self) {
        if self.ends.len() == self.field_count {
            self.ends.push(0);
        }
        self.ends[self.field_count] = self.byte_count;
        self.field_count += 1;
    }

    /// Room for a record of that many bytes and fields, to be followed by [`Fields::set_len`].
    pub(crate) fn room(&mut self, bytes: usize, fields: usize) -> Room<'_> {
        if self.bytes.len() < bytes {
            self.bytes.resize(bytes, 0);
        }
        if self.ends.len() < fields {
            self.ends.resize(fields, 0);
        }
        Room { bytes: &mut self.bytes, ends: &mut self.ends }
    }

    pub(crate) fn set_len(&mut self, byte_count: usize, field_count: usize) {
        self.byte_count = byte_count;
        self.field_count = field_count;
    }
}

/// Buffers to write a record into.
pub(crate) struct Room<'a> {
    pub(crate) bytes: &'a mut [u8],
    pub(crate) ends: &'a mut [usize],
}
