//! Real calls: SIPp calls the answering machine of `c-examples/sip_mailbox` over loopback. The audio comes from SIPp
//! too, or, where packets have to be lost, reordered or of a kind that SIPp cannot send, from this test.

mod common;

use afterbeep::dsp::beep::{Beep, BeepConfig};
use afterbeep::line::SampleRate;
use afterbeep::line::g711::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};
use common::{Key, Line, Random, read_wav, samples, speech, tools};
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const FRAME: usize = 160;
/// What is sent while the beep plays is not recorded.
const BEEP: usize = samples(400);
const PATIENCE: Duration = Duration::from_secs(20);

/// The program, built against an installed tree; `None` where something that it needs is missing.
static PROGRAM: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    if !["sipp", "cmake", "pkg-config"].map(tools::have).iter().all(|&found| found)
        || !tools::have_library("libre")
    {
        return None;
    }
    let (prefix, build) = (tools::install("sip-prefix"), tools::scratch().join("sip-mailbox"));
    let configured = Command::new("cmake")
        .arg("-S")
        .arg(tools::root().join("c-examples"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()))
        .arg("-DAFTERBEEP_SIP_MAILBOX=ON")
        .output();
    assert!(configured.as_ref().is_ok_and(|output| output.status.success()), "{configured:?}");
    tools::run(Command::new("cmake").arg("--build").arg(&build).args(["--target", "sip_mailbox"]));
    Some(build.join("sip_mailbox/sip_mailbox"))
});

/// The answering machine, running.
struct Mailbox {
    process: Child,
    said: Receiver<String>,
    port: String,
    directory: tempfile::TempDir,
}

/// What it says of a call.
#[derive(Debug)]
struct Told {
    reason: String,
    digit: String,
    line_lost_samples: usize,
    late_samples: usize,
    recorded: Vec<i16>,
}

impl Mailbox {
    fn start(options: &[&str]) -> Option<Self> {
        let program = PROGRAM.as_ref()?;
        let directory = tempfile::tempdir().unwrap();
        let mut process = Command::new(program)
            .args(["--calls", "1"])
            .args(options)
            .arg("0")
            .arg(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, said) = channel();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let mut mailbox = Self { process, said, port: String::new(), directory };
        mailbox.port = mailbox.next_line("listening on 127.0.0.1:");
        Some(mailbox)
    }

    fn next_line(&self, start: &str) -> String {
        let line = self.said.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{start}: {error}"));
        line.strip_prefix(start).unwrap_or_else(|| panic!("{line}")).to_owned()
    }

    /// The port that it awaits RTP at.
    fn answered(&self) -> u16 {
        self.next_line("call 1: RTP at port ").parse().unwrap()
    }

    /// The line about the call, and the file; afterwards the machine has to leave by itself.
    fn told(mut self) -> Told {
        let line = self.next_line("call 1: ");
        println!("{line}");
        let field = |name: &str| {
            let (_, rest) = line.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("{name}: {line}"));
            if name == "path" { rest.to_owned() } else { rest.split(' ').next().unwrap().to_owned() }
        };
        let recorded = read_wav(Path::new(&field("path")));
        assert!(Path::new(&field("path")).starts_with(self.directory.path()));
        assert_eq!(field("samples").parse::<usize>().unwrap(), recorded.len());
        assert_eq!(field("duration_ms").parse::<usize>().unwrap(), recorded.len() / samples(1));
        assert_eq!(field("complete"), "1");
        assert!(wait(&mut self.process).success());
        Told {
            reason: field("reason"),
            digit: field("digit"),
            line_lost_samples: field("line_lost_samples").parse().unwrap(),
            late_samples: field("late_samples").parse().unwrap(),
            recorded,
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wait(process: &mut Child) -> std::process::ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        assert!(start.elapsed() < PATIENCE, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A caller: SIPp with a scenario. It has to be content with the call.
struct Caller {
    process: Child,
    folder: tempfile::TempDir,
}

/// Who ends the call.
enum Ending {
    Mailbox,
    CallerAfter(usize),
    /// The caller's key by SIP INFO, and then the mailbox.
    InfoAfter(usize),
}

/// What SIPp does with RTP.
enum Media<'a> {
    /// Nothing: the port in its offer is this one of ours.
    Ours(u16),
    /// Plays A-law from this moment on.
    Plays(&'a [u8]),
    /// Sends back what comes to a free port.
    Echoes,
}

const HEAD: &str = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: caller <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
To: mailbox <sip:mailbox@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
";

fn request(method: &str, number: u32, body_type: &str, body: &str) -> String {
    let kind = if body.is_empty() { String::new() } else { format!("Content-Type: {body_type}\n") };
    let retransmitted = if method == "ACK" { "" } else { r#" retrans="500""# };
    format!(
        "<send{retransmitted}><![CDATA[

{method} sip:mailbox@[remote_ip]:[remote_port] SIP/2.0
{HEAD}CSeq: {number} {method}
{kind}Content-Length: [len]

{body}
]]></send>\n"
    )
}

impl Caller {
    fn call(mailbox: &Mailbox, codec: &str, media: Media, ending: Ending) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut sipp = Command::new("sipp");
        let (port, mut then) = match media {
            Media::Ours(port) => (port.to_string(), String::new()),
            Media::Plays(codes) => {
                let file = folder.path().join("line.alaw");
                std::fs::write(&file, codes).unwrap();
                let play = format!(r#"rtp_stream="{},1,8""#, file.display());
                ("[rtpstream_audio_port]".into(), format!("<nop><action><exec {play}/></action></nop>\n"))
            }
            Media::Echoes => {
                let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
                sipp.args(["-rtp_echo", "-mp", &port.to_string()]);
                ("[media_port]".into(), String::new())
            }
        };
        let bye = r#"<recv request="BYE" timeout="15000"/>"#;
        then += &match ending {
            Ending::Mailbox => format!(
                "{bye}\n<send><![CDATA[\n\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n\
                 [last_CSeq:]\nContent-Length: 0\n\n]]></send>\n"
            ),
            Ending::CallerAfter(ms) => {
                format!(r#"<pause milliseconds="{ms}"/>"#)
                    + &request("BYE", 2, "", "")
                    + r#"<recv response="200"/>"#
            }
            Ending::InfoAfter(ms) => {
                let key = request("INFO", 2, "application/dtmf-relay", "Signal=#\nDuration=100\n");
                format!(
                    "<pause milliseconds=\"{ms}\"/>{key}<recv response=\"200\"/>{bye}\n\
                     <send><![CDATA[\n\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n\
                     [last_CSeq:]\nContent-Length: 0\n\n]]></send>\n"
                )
            }
        };
        let offer = format!(
            "v=0\no=caller 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio {port} RTP/AVP {codec} 13 96\n\
             a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\na=rtpmap:13 CN/8000\na=rtpmap:96 telephone-event/8000\n\
             a=fmtp:96 0-16\n"
        );
        let offered =
            offer.replace(if codec == "8" { "a=rtpmap:0 PCMU/8000\n" } else { "a=rtpmap:8 PCMA/8000\n" }, "");
        let scenario = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"call\">\n{}\
             <recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\"/>\n{}{then}</scenario>\n",
            request("INVITE", 1, "application/sdp", &offered),
            request("ACK", 1, "", ""),
        );
        let file = folder.path().join("call.xml");
        std::fs::write(&file, scenario).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = sipp
            .current_dir(folder.path())
            .arg("-sf")
            .arg(&file)
            .args([
                "-m",
                "1",
                "-i",
                "127.0.0.1",
                "-mi",
                "127.0.0.1",
                "-timeout",
                "20",
                "-nostdin",
                "-trace_err",
            ])
            .arg(format!("127.0.0.1:{}", mailbox.port))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { process, folder }
    }

    fn finish(mut self) {
        let status = wait(&mut self.process);
        if status.success() {
            return;
        }
        for entry in std::fs::read_dir(self.folder.path()).unwrap().map_while(Result::ok) {
            eprintln!(
                "--- {:?}\n{}",
                entry.path(),
                String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap())
            );
        }
        panic!("SIPp: {status}");
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One RTP packet and the frame in whose time it is sent.
#[derive(Clone)]
struct Packet {
    due: usize,
    bytes: Vec<u8>,
}

fn rtp(due: usize, payload_type: u8, seq: usize, timestamp: u32, payload: &[u8]) -> Packet {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend((65_530u16.wrapping_add(seq as u16)).to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend(0x5EED_u32.to_be_bytes());
    bytes.extend(payload);
    Packet { due, bytes }
}

/// Audio in frames, a packet each, numbered from 0.
fn audio(codec: u8, codes: &[u8], first_timestamp: u32) -> Vec<Packet> {
    let frames = codes.chunks(FRAME).enumerate();
    frames
        .map(|(number, frame)| {
            rtp(number, codec, number, first_timestamp.wrapping_add((FRAME * number) as u32), frame)
        })
        .collect()
}

/// A '#' of 100 ms whose packets replace audio, as RFC 4733 has it: one in 20 ms, the last one three times.
fn pound(first: usize, first_timestamp: u32) -> Vec<Packet> {
    let start = first_timestamp.wrapping_add((FRAME * first) as u32);
    let packet = |number: usize| {
        let duration = (FRAME * (number + 1).min(5)) as u16;
        let end = if number < 4 { 10 } else { 0x80 | 10 };
        let payload = [11, end, (duration >> 8) as u8, duration as u8];
        rtp(first + (number + 1).min(5), 96, first + number, start, &payload)
    };
    (0..7).map(packet).collect()
}

/// Sends each packet in its time, those that are late at once.
fn send(socket: &UdpSocket, port: u16, packets: &[Packet]) {
    let start = Instant::now();
    for packet in packets {
        let due = start + Duration::from_millis(20) * packet.due as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        socket.send_to(&packet.bytes, ("127.0.0.1", port)).unwrap();
    }
}

/// A call whose RTP is ours.
fn call(options: &[&str], codec: u8, ending: Ending, packets: &[Packet]) -> Option<Told> {
    let mailbox = Mailbox::start(options)?;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let media = Media::Ours(socket.local_addr().unwrap().port());
    let caller = Caller::call(&mailbox, &codec.to_string(), media, ending);
    send(&socket, mailbox.answered(), packets);
    let told = mailbox.told();
    caller.finish();
    Some(told)
}

/// The payload of the RTP that came to a socket.
fn heard(socket: &UdpSocket) -> Vec<u8> {
    socket.set_nonblocking(true).unwrap();
    let mut packet = [0; 2_048];
    let mut payload = Vec::new();
    while let Ok(length) = socket.recv(&mut packet) {
        payload.extend(&packet[12..length]);
    }
    payload
}

/// A call whose RTP is SIPp's.
fn sipp_call(options: &[&str], media: Media, ending: Ending) -> Option<Told> {
    let mailbox = Mailbox::start(options)?;
    let caller = Caller::call(&mailbox, "8", media, ending);
    mailbox.answered();
    let told = mailbox.told();
    caller.finish();
    Some(told)
}

fn alaw(pcm: &[i16]) -> Vec<u8> {
    pcm.iter().map(|&sample| alaw_encode(sample)).collect()
}

fn from_alaw(codes: &[u8]) -> Vec<i16> {
    codes.iter().map(|&code| alaw_decode(code)).collect()
}

fn spoken(ms: usize) -> Vec<i16> {
    speech("reading.wav")[..samples(ms)].to_vec()
}

#[test]
fn a_key_that_is_heard_ends_the_call_and_the_message_is_what_was_sent() {
    let line = Line::new().audio(&spoken(3_000));
    let key = line.len();
    let line = line.key(Key::new('#'), &mut Random::new(81)).silence(3_000).pcm();
    let codes = alaw(&line);
    let Some(told) = sipp_call(&[], Media::Plays(&codes), Ending::Mailbox) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("dtmf", "#"));
    let end = BEEP + told.recorded.len();
    assert!(end.abs_diff(key) <= samples(5), "cut at {end} for {key}");
    assert!(told.recorded == from_alaw(&codes)[BEEP..end]);
    assert_eq!((told.line_lost_samples, told.late_samples), (0, 0));
}

#[test]
fn a_telephone_event_ends_the_call_where_it_began() {
    let codes: Vec<u8> = spoken(2_000).iter().map(|&sample| ulaw_encode(sample)).collect();
    let packets = [audio(0, &codes, 77), pound(100, 77)].concat();
    let Some(told) = call(&[], 0, Ending::Mailbox, &packets) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("dtmf", "#"));
    let sent: Vec<i16> = codes.iter().map(|&code| ulaw_decode(code)).collect();
    assert!(told.recorded == sent[BEEP..], "{} samples", told.recorded.len());
    assert_eq!((told.line_lost_samples, told.late_samples), (0, 0));
}

#[test]
fn a_key_by_sip_info_ends_the_call() {
    let codes = alaw(&spoken(3_200));
    let Some(told) = sipp_call(&[], Media::Plays(&codes), Ending::InfoAfter(1_500)) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("dtmf", "#"));
    let end = BEEP + told.recorded.len();
    assert!((samples(1_000)..samples(3_000)).contains(&end), "{end}");
    assert!(told.recorded == from_alaw(&codes)[BEEP..end]);
}

#[test]
fn the_caller_hangs_up_and_every_sample_is_there() {
    let codes = alaw(&spoken(3_000));
    let Some(told) = sipp_call(&[], Media::Plays(&codes), Ending::CallerAfter(3_350)) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("hangup", "-"));
    assert!(told.recorded == from_alaw(&codes)[BEEP..], "{} samples", told.recorded.len());
    assert_eq!((told.line_lost_samples, told.late_samples), (0, 0));
}

#[test]
fn the_busy_tone_after_a_caller_who_vanished_ends_the_call() {
    let mut line = Line::new().audio(&spoken(2_000));
    let tone = line.len();
    for _ in 0..6 {
        line = line.tone(425.0, -13.0, 500).silence(500);
    }
    let codes = alaw(&line.pcm());
    let options = ["--tone-plan", "de,generic"];
    let Some(told) = sipp_call(&options, Media::Plays(&codes), Ending::Mailbox) else { return };
    assert_eq!(told.reason, "disconnect_tone");
    let end = BEEP + told.recorded.len();
    assert!(end.abs_diff(tone) <= samples(20), "cut at {end} for {tone}");
    assert!(told.recorded == from_alaw(&codes)[BEEP..end]);
}

#[test]
fn a_caller_who_falls_silent_and_stops_sending_is_noticed() {
    // Speech, and then one packet of comfort noise, or one in 200 ms.
    for noises in [1, 20] {
        if !falls_silent(noises) {
            return;
        }
    }
}

fn falls_silent(noises: usize) -> bool {
    let codes = alaw(&spoken(2_000));
    let mut packets = audio(8, &codes, 9_000);
    let noise =
        |at: usize| rtp(100 + 10 * at, 13, 100 + at, 9_000 + (16_000 + 10 * FRAME * at) as u32, &[60]);
    packets.extend((0..noises).map(noise));
    let Some(told) = call(&["--final-silence-ms", "1000"], 8, Ending::Mailbox, &packets) else {
        return false;
    };
    assert_eq!(told.reason, "final_silence");
    let (sent, silence) = told.recorded.split_at(samples(1_600));
    assert!(sent == &from_alaw(&codes)[BEEP..]);
    assert!(silence.iter().all(|&sample| sample == 0) && silence.len() >= samples(600), "{}", silence.len());
    assert_eq!(told.line_lost_samples, silence.len());
    true
}

#[test]
fn a_long_key_that_ends_nothing_leaves_its_length_as_silence() {
    let codes = alaw(&spoken(3_000));
    let mut packets = audio(8, &codes, 0);
    let mut expected = from_alaw(&codes);
    for (number, packet) in packets.iter_mut().enumerate().take(100).skip(60) {
        let duration = ((number - 59) * FRAME) as u16;
        *packet = rtp(number + 1, 96, number, 9_600, &[5, 10, (duration >> 8) as u8, duration as u8]);
    }
    expected[60 * FRAME..100 * FRAME].fill(0);
    packets.extend(pound(150, 0));
    let Some(told) = call(&[], 8, Ending::Mailbox, &packets) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("dtmf", "#"));
    assert!(told.recorded == expected[BEEP..], "{} samples", told.recorded.len());
    assert_eq!((told.line_lost_samples, told.late_samples), (40 * FRAME, 0));
}

#[test]
fn a_caller_who_says_nothing_is_noticed() {
    let codes = alaw(&[0; samples(4_000)]);
    let options = ["--initial-silence-ms", "1500"];
    let Some(told) = sipp_call(&options, Media::Plays(&codes), Ending::Mailbox) else { return };
    assert_eq!(told.reason, "initial_silence");
    assert!(told.recorded == from_alaw(&codes)[BEEP..BEEP + told.recorded.len()]);
    assert!(told.recorded.len().abs_diff(samples(1_500)) <= samples(20), "{}", told.recorded.len());
}

#[test]
fn a_caller_who_sends_nothing_at_all_hears_the_beep_and_is_noticed() {
    let Some(mailbox) = Mailbox::start(&["--initial-silence-ms", "1000"]) else { return };
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let media = Media::Ours(socket.local_addr().unwrap().port());
    let caller = Caller::call(&mailbox, "8", media, Ending::Mailbox);
    mailbox.answered();
    let told = mailbox.told();
    caller.finish();
    let beep = Beep::new(&BeepConfig::default(), SampleRate::NARROWBAND).unwrap();
    let beep = alaw(&(0..beep.len_samples()).map(|at| beep.sample(at)).collect::<Vec<_>>());
    assert_eq!(beep.len(), BEEP);
    let heard = heard(&socket);
    assert!(heard.windows(BEEP).any(|part| part == beep), "{} samples heard", heard.len());
    assert_eq!(told.reason, "initial_silence");
    assert!(told.recorded.iter().all(|&sample| sample == 0));
    assert_eq!(told.line_lost_samples, told.recorded.len());
}

#[test]
fn lost_packets_are_silence_and_reordered_ones_in_their_place() {
    // The timestamp wraps around after 1.5 s, the sequence number after 120 ms.
    let first = 0u32.wrapping_sub(12_000);
    let codes = alaw(&spoken(3_000));
    let mut packets = audio(8, &codes, first);
    let mut expected = from_alaw(&codes);
    // Changes of order: neighbours, one that is three behind, and around the wrap.
    packets.swap(40, 41);
    packets[50..54].rotate_left(1);
    packets[74..77].reverse();
    packets[100..103].reverse();
    // One comes twice at once, one again later.
    let again = [packets[60].clone(), Packet { due: 70, ..packets[65].clone() }];
    packets.insert(71, again[1].clone());
    packets.insert(61, again[0].clone());
    // One is lost, and two, and half a dozen.
    let lost = [33, 80, 81, 110, 111, 112, 113, 114, 115];
    let numbers = |packet: &Packet| {
        usize::from(u16::from_be_bytes([packet.bytes[2], packet.bytes[3]]).wrapping_sub(65_530))
    };
    packets.retain(|packet| !lost.contains(&numbers(packet)));
    for number in lost {
        expected[FRAME * number..FRAME * (number + 1)].fill(0);
    }
    packets.extend(pound(150, first));
    let Some(told) = call(&[], 8, Ending::Mailbox, &packets) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("dtmf", "#"));
    assert_eq!(told.recorded.len(), expected.len() - BEEP);
    let differs = told.recorded.iter().zip(&expected[BEEP..]).position(|(recorded, sent)| recorded != sent);
    assert_eq!(differs.map(|sample| (BEEP + sample) / FRAME), None, "the packet that differs");
    assert_eq!((told.line_lost_samples, told.late_samples), (FRAME * lost.len(), FRAME * again.len()));
}

#[test]
fn another_sender_takes_over_and_nothing_is_missing() {
    let codes = alaw(&spoken(2_000));
    let (before, after) = codes.split_at(samples(1_000));
    let mut packets = audio(8, before, 3_000_000_000);
    for (number, mut packet) in audio(8, after, 5).into_iter().enumerate() {
        packet.due = packets.len();
        packet.bytes[2..4].copy_from_slice(&(7 + number as u16).to_be_bytes());
        packet.bytes[8..12].copy_from_slice(&0xF00D_u32.to_be_bytes());
        packets.push(packet);
    }
    packets.push(rtp(packets.len(), 96, 0, 5 + 8_000, &[11, 10, 0, 160]));
    let last = packets.last_mut().unwrap();
    last.bytes[2..4].copy_from_slice(&57u16.to_be_bytes());
    last.bytes[8..12].copy_from_slice(&0xF00D_u32.to_be_bytes());
    let Some(told) = call(&[], 8, Ending::Mailbox, &packets) else { return };
    assert_eq!((told.reason.as_str(), told.digit.as_str()), ("dtmf", "#"));
    assert!(told.recorded == from_alaw(&codes)[BEEP..], "{} samples", told.recorded.len());
    assert_eq!((told.line_lost_samples, told.late_samples), (0, 0));
}

#[test]
fn our_own_beep_that_comes_back_is_no_key_and_not_in_the_message() {
    let options = ["--max-duration-ms", "1500", "--echo-guard-ms", "100"];
    let Some(told) = sipp_call(&options, Media::Echoes, Ending::Mailbox) else { return };
    assert_eq!((told.reason.as_str(), told.recorded.len()), ("max_duration", samples(1_500)));
    // A-law has no zero; 8 is its least.
    let loudest = told.recorded.iter().map(|sample| sample.unsigned_abs()).max();
    assert!(loudest <= Some(8), "{loudest:?}");
    // And without the guard it is.
    let Some(told) = sipp_call(&options[..2], Media::Echoes, Ending::Mailbox) else { return };
    assert_eq!((told.reason.as_str(), told.recorded.len()), ("max_duration", samples(1_500)));
    let tail = told.recorded.iter().rposition(|sample| sample.unsigned_abs() > 8).map_or(0, |last| last + 1);
    println!("without the guard: {tail} samples of the beep");
    assert!(tail > 0 && tail <= samples(100), "{tail}");
}

#[test]
fn a_machine_that_is_told_to_stop_finishes_the_message() {
    let Some(mailbox) = Mailbox::start(&[]) else { return };
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let media = Media::Ours(socket.local_addr().unwrap().port());
    let caller = Caller::call(&mailbox, "8", media, Ending::Mailbox);
    let codes = alaw(&spoken(1_000));
    send(&socket, mailbox.answered(), &audio(8, &codes, 5));
    std::thread::sleep(Duration::from_millis(100));
    // SAFETY: our own child, which runs.
    assert_eq!(unsafe { libc::kill(mailbox.process.id() as i32, libc::SIGTERM) }, 0);
    let told = mailbox.told();
    caller.finish();
    assert_eq!(told.reason, "stopped");
    assert!(told.recorded == from_alaw(&codes)[BEEP..]);
}
