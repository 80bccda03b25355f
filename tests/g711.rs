//! G.711 against the standard's tables, rebuilt here from their rule: segments of sixteen intervals whose
//! size doubles, decision values between them, quantised values in their middle.

use afterbeep::line::g711::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};

/// Decision values and quantised values of one polarity, on the standard's own scale.
struct Table {
    /// `decisions[n]` is the lower end of interval `n`; the last entry is the virtual decision value.
    decisions: Vec<i32>,
    outputs: Vec<i32>,
}

/// Tables 1a and 1b: 13 segments on a scale to 4096; the first two of each polarity have steps of 2.
fn alaw_table() -> Table {
    let mut decisions = vec![0];
    for segment in 0..8 {
        let step = if segment == 0 { 2 } else { 1 << segment };
        (0..16).for_each(|_| decisions.push(decisions.last().unwrap() + step));
    }
    let outputs = decisions.windows(2).map(|pair| (pair[0] + pair[1]) / 2).collect();
    Table { decisions, outputs }
}

/// Tables 2a and 2b: 15 segments on a scale to 8159; the very first interval is half as wide.
fn ulaw_table() -> Table {
    let mut decisions = vec![0, 1];
    let mut outputs = vec![0];
    for segment in 0..8 {
        let count = if segment == 0 { 15 } else { 16 };
        for _ in 0..count {
            let start = *decisions.last().unwrap();
            decisions.push(start + (2 << segment));
            outputs.push(start + (1 << segment));
        }
    }
    Table { decisions, outputs }
}

impl Table {
    /// The interval of a magnitude; what lies beyond the virtual decision value belongs to the last one.
    fn interval(&self, magnitude: i32) -> usize {
        (self.decisions.partition_point(|&start| start <= magnitude) - 1).min(127)
    }
}

#[test]
fn the_tables_end_where_the_standard_says() {
    let (alaw, ulaw) = (alaw_table(), ulaw_table());
    assert_eq!(
        (alaw.decisions.len(), *alaw.decisions.last().unwrap(), alaw.outputs[127]),
        (129, 4_096, 4_032)
    );
    assert_eq!(
        (ulaw.decisions.len(), *ulaw.decisions.last().unwrap(), ulaw.outputs[127]),
        (129, 8_159, 8_031)
    );
}

#[test]
fn every_linear_value_gets_the_code_of_its_interval() {
    let (alaw, ulaw) = (alaw_table(), ulaw_table());
    for linear in i16::MIN..=i16::MAX {
        // Negative values mirror the positive ones by their one's complement.
        let magnitude = i32::from(if linear < 0 { !linear } else { linear });
        let positive = linear >= 0;
        let sign = if positive { 0x80 } else { 0 };
        let code = sign | alaw.interval(magnitude >> 3) as u8;
        assert_eq!(alaw_encode(linear), code ^ 0x55, "A-law of {linear}");
        let code = sign | (0x7F - ulaw.interval(magnitude >> 2) as u8);
        assert_eq!(ulaw_encode(linear), code, "µ-law of {linear}");
    }
}

#[test]
fn every_code_gets_the_value_of_its_interval() {
    let (alaw, ulaw) = (alaw_table(), ulaw_table());
    for code in 0..=255u8 {
        let signed = |positive: bool, value: i32| (if positive { value } else { -value }) as i16;
        let character = code ^ 0x55;
        let output = 8 * alaw.outputs[usize::from(character & 0x7F)];
        assert_eq!(alaw_decode(code), signed(character & 0x80 != 0, output), "A-law {code:#04x}");
        let output = 4 * ulaw.outputs[usize::from(!code & 0x7F)];
        assert_eq!(ulaw_decode(code), signed(code & 0x80 != 0, output), "µ-law {code:#04x}");
    }
}
