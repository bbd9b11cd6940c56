//! Pictures of people: whatever is sent is drawn anew, so that nothing of the file itself is kept, neither where it was taken nor
//! what somebody hid in it.

use std::{io::Cursor, sync::Arc, time::Duration};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    codecs::webp::WebPEncoder, imageops::FilterType,
};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::error::{AppError, PictureError};

/// The most bytes of a file.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The most points of each side.
const LONGEST: u32 = 6_000;

/// The most points altogether: what a telephone takes.
const MOST_POINTS: u64 = 25_000_000;

/// The most memory for the points of one picture: 4 bytes for each, and some room.
const MOST_MEMORY: u64 = 5 * MOST_POINTS;

/// The length of each side of what is kept, in points.
const SIDE: u32 = 256;

/// How long a picture waits for its turn before it gets a 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// A picture as Docket has drawn it: a square.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// `image/jpeg` or `image/webp`.
    pub content_type: String,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub hash: String,
}

/// Draws pictures anew, off the threads that answer requests, and no more at a time than there are cores. Cheap to clone; clones
/// share the limit.
#[derive(Clone, Debug)]
pub struct Painter {
    turns: Arc<Semaphore>,
}

impl Painter {
    /// One that uses at most `width` threads, each with up to 250 MB for a moment.
    pub fn new(width: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(width)) }
    }

    /// The middle of a PNG, JPEG, WebP or GIF, as a square. Errors: `Invalid` at `picture`, `Unavailable`.
    pub async fn paint(&self, file: Vec<u8>) -> Result<Picture, AppError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            tracing::warn!("too many pictures at a time");
            return Err(AppError::Unavailable);
        };
        // The turn moves into the job: a client that hangs up ends the waiting, not the work.
        let job = tokio::task::spawn_blocking(move || {
            let painted = paint(&file);
            drop(turn);
            painted
        });
        let painted = job.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a picture made its decoder panic");
            Err(PictureError::Damaged)
        });
        Ok(painted?)
    }
}

/// The middle of a picture, as a square.
fn paint(file: &[u8]) -> Result<Picture, PictureError> {
    // By its content: its name and what the browser says it is are anybody's words.
    let format = image::guess_format(file).map_err(|_| PictureError::Unknown)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif) {
        return Err(PictureError::Unknown);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    // Only the head is read here; how large it says it is decides before anything is made of that size.
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_POINTS || decoder.total_bytes() > MOST_MEMORY {
        return Err(PictureError::TooManyPoints);
    }
    let orientation = decoder.orientation().map_err(damaged)?;
    let whole = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let side = width.min(height);
    let square = whole.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    drop(whole);
    let mut small = square.resize_exact(SIDE, SIDE, FilterType::Lanczos3);
    drop(square);
    small.apply_orientation(orientation);
    let (bytes, content_type) = encode(&small).map_err(damaged)?;
    let hash = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    Ok(Picture { bytes, content_type: content_type.to_owned(), hash })
}

/// The smaller of a JPEG and a WebP without loss; only the latter knows transparency.
fn encode(image: &DynamicImage) -> Result<(Vec<u8>, &'static str), ImageError> {
    let whole = image.to_rgba8();
    let mut webp = Vec::new();
    if whole.pixels().any(|point| point.0[3] < u8::MAX) {
        DynamicImage::from(whole).write_with_encoder(WebPEncoder::new_lossless(&mut webp))?;
        return Ok((webp, "image/webp"));
    }
    let opaque = DynamicImage::from(image.to_rgb8());
    opaque.write_with_encoder(WebPEncoder::new_lossless(&mut webp))?;
    let mut jpeg = Vec::new();
    opaque.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 88))?;
    Ok(if webp.len() <= jpeg.len() { (webp, "image/webp") } else { (jpeg, "image/jpeg") })
}

fn damaged(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPoints,
        error => {
            // The library's words, of bytes that anybody sent: for who looks closely only.
            tracing::debug!(%error, "a picture can't be read");
            PictureError::Damaged
        }
    }
}
