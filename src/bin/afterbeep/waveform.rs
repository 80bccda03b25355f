use afterbeep::line::level::dbm0_from_mean_square;
use afterbeep::wav::WavReader;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// Columns of a picture.
const COLUMNS: usize = 64;
/// What the lowest and the highest bar stand for.
const QUIETEST_DBM0: f32 = -50.0;
const LOUDEST_DBM0: f32 = -6.0;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The level over time of a recording of so many samples in these files, a bar a column.
pub(crate) fn draw<'a>(paths: impl Iterator<Item = &'a PathBuf>, samples: u64) -> Option<String> {
    let mut column = vec![0; usize::try_from(samples).ok()?.div_ceil(COLUMNS).max(1)];
    let (mut picture, mut filled) = (String::new(), 0);
    for path in paths {
        let mut reader = WavReader::new(BufReader::new(File::open(path).ok()?)).ok()?;
        loop {
            let count = reader.read(&mut column[filled..]).ok()?;
            if count == 0 {
                break;
            }
            filled += count;
            if filled == column.len() {
                picture.push(bar(&column));
                filled = 0;
            }
        }
    }
    if filled > 0 {
        picture.push(bar(&column[..filled]));
    }
    Some(picture)
}

fn bar(samples: &[i16]) -> char {
    let energy: f32 = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
    let level = dbm0_from_mean_square(energy / samples.len() as f32);
    let height = (level - QUIETEST_DBM0) / (LOUDEST_DBM0 - QUIETEST_DBM0);
    BARS[(height * BARS.len() as f32).clamp(0.0, 7.0) as usize]
}
