use afterbeep::line::level::dbm0_from_mean_square;
use afterbeep::wav::WavReader;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Columns of a picture.
const COLUMNS: usize = 64;
/// What the lowest and the highest bar stand for.
const QUIETEST_DBM0: f32 = -50.0;
const LOUDEST_DBM0: f32 = -6.0;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The level over time of a recording, a bar a column.
pub(crate) fn draw(path: &Path) -> Option<String> {
    let mut reader = WavReader::new(BufReader::new(File::open(path).ok()?)).ok()?;
    let mut samples = Vec::new();
    let mut piece = [0; 8_000];
    loop {
        match reader.read(&mut piece).ok()? {
            0 => break,
            count => samples.extend_from_slice(&piece[..count]),
        }
    }
    let column = samples.len().div_ceil(COLUMNS).max(1);
    Some(samples.chunks(column).map(bar).collect())
}

fn bar(samples: &[i16]) -> char {
    let energy: f32 = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
    let level = dbm0_from_mean_square(energy / samples.len() as f32);
    let height = (level - QUIETEST_DBM0) / (LOUDEST_DBM0 - QUIETEST_DBM0);
    BARS[(height * BARS.len() as f32).clamp(0.0, 7.0) as usize]
}
