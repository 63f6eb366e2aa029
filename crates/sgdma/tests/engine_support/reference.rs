//! What a channel's queue should be, after each step.

use core::cell::RefCell;
use core::time::Duration;

use dma_model::{Fault, Occurs, Violation};
use sgdma::buffer::{Entry, Exclusive, Shared};
use sgdma::channel::{Channel, NotTaken};
use sgdma::engine::{Callback, Cookie, FaultKind, Need, QUEUE_DEPTH, Status, SubmitError};
use sgdma::map::{FromDevice, Mapped, ToDevice};
use sgdma::platform::{Clock, Instant};
use sgdma::scope::Scope;
use sgdma::sg_table::SgTable;
use sgdma::transfer::{Failed, InFlight, Prepared};

use super::rig::{Machine, Probe, Rig, channel, pattern};

/// Bytes of a block.
const BLOCK: u32 = 64;

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// `deadline`: none, or so many tens of microseconds from now.
    Submit {
        blocks: u32,
        deadline: u8,
    },
    Issue,
    Pause,
    Resume,
    TerminateAll,
    /// The n-th handle that is left, as the following.
    Cancel(usize),
    Collect(usize),
    Wait(usize),
    Drop(usize),
    Forget(usize),
    Interrupt,
    /// The engine does so many steps; its interrupts wait.
    Time(u32),
    Expire,
    /// The channel is given back and taken again.
    Release,
    Plan {
        kind: u8,
        block: u32,
        byte: u32,
    },
}

type Copy<'a> = Prepared<
    'a,
    Mapped<'a, 'a, ToDevice, Shared, Probe<'a>>,
    Mapped<'a, 'a, FromDevice, Exclusive, Probe<'a>>,
>;
type Flight<'s, 'a> = InFlight<'s, &'a Probe<'a>, Copy<'a>>;

/// A transfer as it should be.
struct Known<'s, 'a> {
    cookie: Cookie,
    flight: Option<Flight<'s, 'a>>,
    /// Nobody will ever collect it.
    forgotten: bool,
    /// The channel was released since: its slot is the next owner's, who may need it.
    left_over: bool,
    issued: bool,
    status: Status,
    residue: u64,
    deadline: Instant,
    bytes: Vec<u8>,
}

/// What a step may have done to a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Nothing,
    /// It was to be stopped, for this reason.
    Stop(FaultKind),
    /// Its deadline passed just then.
    Perhaps,
}

/// By what a channel learns that something has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Learns {
    Nothing,
    ByInterrupt,
    /// What runs is looked at, since a deadline has passed: what is complete is found to be so, and what waits behind it runs.
    ByLooking,
}

/// The queue: in order of submission, until their outcome is collected.
struct Queue<'s, 'e, 'a> {
    rig: Rig<'a>,
    scope: &'s Scope<'s, 'e, &'a Probe<'a>>,
    channel: Option<Channel<'e, &'a Probe<'a>>>,
    number: u8,
    known: Vec<Known<'s, 'a>>,
    paused: bool,
    planned: bool,
    /// By what the channel may have learnt in this step that something has ended.
    learns: Learns,
    submitted: u64,
    ended: (u32, u32),
}

thread_local! {
    /// Callbacks, by the number of the submission.
    static CALLED: RefCell<Vec<(usize, Status)>> = const { RefCell::new(Vec::new()) };
}

fn called(context: usize, status: Status) {
    CALLED.with_borrow_mut(|calls| calls.push((context, status)));
}

/// Runs a sequence, and looks at everything after every step.
pub(super) fn run(seed: u64, number: u8, ops: &[Op]) {
    let mut machine = Machine::hardware(seed);
    machine.heap = 32 << 10;
    CALLED.with_borrow_mut(Vec::clear);
    machine.run(|rig| {
        let forgot = rig.engine.scope(|scope| {
            let owner = rig.engine.request(Need::Exactly(channel(number)), "test").unwrap();
            let mut queue = Queue {
                rig,
                scope,
                channel: Some(owner),
                number,
                known: Vec::new(),
                paused: false,
                planned: false,
                learns: Learns::Nothing,
                submitted: 0,
                ended: (0, 0),
            };
            for op in ops {
                queue.step(*op);
            }
            queue.drain();
            queue.known.iter().filter(|known| known.forgotten).count()
        });
        let written = rig.memory();
        rig.settle();
        assert!(rig.memory() == written, "written after the scope");
        rig.probe.forgotten.set(u32::try_from(forgot).unwrap());
        assert_eq!(rig.engine.next_deadline(), Instant::NEVER);
        let left = rig.model.judge().into_iter().filter(|found| !tolerated(found, forgot));
        assert_eq!(left.collect::<Vec<_>>(), [], "{}", rig.model.trace().tail(60));
    });
}

/// Who forgets a mapping gets no invalidated memory back. And an INT of the past (a late one, a doubled one) can come
/// between the clearing of INT and the start, which are two accesses; the driver finds out by `CONBLK_AD`. And a read
/// can err between the handler's look at CS, which shows an INT of the past, and its acknowledge.
fn tolerated(found: &Violation, forgot: usize) -> bool {
    match found {
        Violation::StaleForCpu { .. } => forgot > 0,
        Violation::StaleStatusAtStart { status: 4, .. }
        | Violation::ErrorAtStart { errors: 4, .. } => true,
        _ => false,
    }
}

impl<'e, 'a> Queue<'_, 'e, 'a> {
    fn channel(&self) -> &Channel<'e, &'a Probe<'a>> {
        self.channel.as_ref().unwrap()
    }

    fn step(&mut self, op: Op) {
        self.learns = Learns::Nothing;
        let mut may = vec![May::Nothing; self.known.len()];
        match op {
            Op::Submit { blocks, deadline } => self.submit(blocks, deadline),
            Op::Issue => {
                self.known.iter_mut().for_each(|known| known.issued = true);
                self.channel().issue_pending();
            }
            Op::Pause => {
                self.paused = true;
                self.channel().pause().unwrap();
            }
            Op::Resume => {
                self.paused = false;
                self.channel().resume();
            }
            Op::Time(steps) => self.rig.model.run(steps),
            Op::Interrupt => {
                self.learns = Learns::ByInterrupt;
                self.rig.model.deliver();
            }
            Op::TerminateAll => {
                may.fill(May::Stop(FaultKind::Terminated));
                self.paused = false;
                self.channel().terminate_all();
            }
            Op::Release => {
                may.fill(May::Stop(FaultKind::Terminated));
                self.paused = false;
                self.known.iter_mut().for_each(|known| known.left_over = true);
                self.release();
            }
            Op::Expire => {
                let before = self.rig.probe.now();
                self.rig.engine.expire();
                let after = self.rig.probe.now();
                let passed =
                    |known: &Known<'_, '_>| !known.status.is_final() && known.deadline <= after;
                if self.known.iter().any(passed) {
                    self.learns = Learns::ByLooking;
                }
                for (may, known) in may.iter_mut().zip(&self.known) {
                    *may = match known.deadline {
                        passed if passed <= before => May::Stop(FaultKind::Timeout),
                        passing if passing <= after => May::Perhaps,
                        _ => May::Nothing,
                    };
                }
            }
            Op::Plan { kind, block, byte } => self.plan(kind, block, byte),
            Op::Cancel(n) | Op::Collect(n) | Op::Wait(n) | Op::Drop(n) | Op::Forget(n) => {
                self.with_handle(op, n, &mut may);
            }
        }
        self.observe(&may, op);
        self.known.retain(|known| known.flight.is_some() || known.forgotten);
        self.check(op);
    }

    /// Where no fault was planned, all that waits completes, by interrupts alone. (What fails is not allowed then.)
    fn drain(&mut self) {
        if self.planned {
            return;
        }
        self.step(Op::Resume);
        self.step(Op::Issue);
        for _ in 0..2 * QUEUE_DEPTH {
            self.step(Op::Time(20_000));
            self.step(Op::Interrupt);
        }
        let open = self.known.iter().filter(|known| !known.status.is_final());
        assert_eq!(open.count(), 0, "given time and interrupts, all ends");
    }

    fn submit(&mut self, blocks: u32, deadline: u8) {
        let Self { rig, scope, number, .. } = *self;
        let len = usize::try_from(blocks * BLOCK).unwrap();
        let bytes = pattern(len, self.submitted);
        let copy = prepare(&rig, self.channel(), &bytes);
        let context = usize::try_from(self.submitted).unwrap();
        let copy = copy.with_callback(Callback { function: called, context });
        let deadline = match deadline {
            0 => Instant::NEVER,
            n => rig.probe.after(Duration::from_micros(u64::from(n) * 10)),
        };
        let full = self.known.iter().filter(|known| !known.left_over).count() == QUEUE_DEPTH;
        match scope.submit_until(self.channel(), copy, deadline) {
            Ok(flight) => {
                assert!(!full, "a ninth on dma{number}");
                self.submitted += 1;
                self.known.push(Known {
                    cookie: flight.cookie(),
                    flight: Some(flight),
                    forgotten: false,
                    left_over: false,
                    issued: false,
                    status: Status::Queued,
                    residue: u64::try_from(len).unwrap(),
                    deadline,
                    bytes,
                });
            }
            Err(refused) => {
                assert_eq!(refused.reason, NotTaken::Submit(SubmitError::QueueFull));
                assert!(full);
            }
        }
    }

    fn release(&mut self) {
        self.channel = None;
        let id = channel(self.number);
        assert_eq!(self.rig.engine.info(id).owner, None);
        self.channel = Some(self.rig.engine.request(Need::Exactly(id), "again").unwrap());
        assert!(self.rig.engine.request(Need::Exactly(id), "twice").is_err());
    }

    fn plan(&mut self, kind: u8, block: u32, byte: u32) {
        let channel = self.number;
        self.planned = true;
        let fault = match kind {
            0 => Fault::ReadError { channel, block, byte },
            1 => Fault::FifoError { channel, block },
            2 => Fault::ReadLastNotSet { channel, block },
            3 => Fault::Stuck { channel, block, byte },
            4 => Fault::Wedged { channel, block, byte },
            5 => Fault::LostInterrupt { channel },
            6 => Fault::SpuriousInterrupt { channel },
            _ => Fault::DoubleInterrupt { channel },
        };
        self.rig.model.plan(fault, Occurs::Once);
    }

    fn with_handle(&mut self, op: Op, n: usize, may: &mut [May]) {
        let held: Vec<usize> =
            (0..self.known.len()).filter(|at| self.known[*at].flight.is_some()).collect();
        let Some(&at) = held.get(n) else { return };
        let flight = self.known[at].flight.take().unwrap();
        let before = flight.status();
        match op {
            Op::Cancel(_) => {
                may[at] = May::Stop(FaultKind::Terminated);
                let result = flight.cancel();
                self.conclude(at, result);
            }
            Op::Wait(_) => {
                may[at] = May::Stop(FaultKind::Timeout);
                self.learns = Learns::ByInterrupt;
                let result = flight.wait(Duration::from_micros(30));
                self.conclude(at, result);
            }
            Op::Collect(_) => match flight.try_wait() {
                Ok(result) => self.conclude(at, result),
                Err(flight) => {
                    assert!(!before.is_final());
                    self.known[at].flight = Some(flight);
                }
            },
            Op::Drop(_) => {
                may[at] = May::Stop(FaultKind::Terminated);
                drop(flight);
            }
            _ => {
                core::mem::forget(flight);
                self.known[at].forgotten = true;
            }
        }
    }

    /// The outcome is what the callback was told, and the bytes are there.
    fn conclude(&mut self, at: usize, result: Result<Copy<'a>, Failed<Copy<'a>>>) {
        match result {
            Ok(copy) => {
                let table = copy.into_parts().2.unmap();
                let mut got = vec![0; table.total_len()];
                table.bytes().copy_to_buffer(&mut got);
                assert_eq!(got, self.known[at].bytes);
            }
            Err(failed) => {
                assert!(failed.payload.is_some());
                assert!(failed.residue <= self.known[at].residue);
            }
        }
    }

    /// What has become of each; and whether it may have.
    fn observe(&mut self, may: &[May], op: Op) {
        let calls = CALLED.with_borrow_mut(core::mem::take);
        for at in 0..self.known.len() {
            let may = may.get(at).copied().unwrap_or(May::Nothing);
            let now = self.now(at, &calls);
            let known = &self.known[at];
            let allowed = self.is_allowed(known, now, may);
            assert!(allowed, "{op:?}: {:?} became {now:?} ({may:?})", known.status);
            self.look(at, now);
        }
    }

    /// What the channel says; of one whose outcome was collected in this step, what its callback was told.
    fn now(&mut self, at: usize, calls: &[(usize, Status)]) -> Status {
        let cookie = self.known[at].cookie;
        let context = usize::try_from(cookie.number()).unwrap() - 1;
        let told: Vec<Status> =
            calls.iter().filter(|(to, _)| *to == context).map(|(_, status)| *status).collect();
        assert!(told.len() <= 1, "called back twice: {told:?}");
        let status = self.channel().status(cookie);
        let was_final = self.known[at].status.is_final();
        match told.first() {
            Some(told) => {
                assert!(!was_final && told.is_final());
                assert!(status == *told || status == Status::Unknown);
                *told
            }
            None if status == Status::Unknown => self.known[at].status,
            None => {
                assert!(was_final || !status.is_final(), "ended and nobody was told");
                status
            }
        }
    }

    fn is_allowed(&self, known: &Known<'_, '_>, now: Status, may: May) -> bool {
        let was = known.status;
        let stopped = may != May::Nothing;
        let on_engine = matches!(was, Status::Running | Status::Paused);
        match now {
            _ if was.is_final() => now == was,
            _ if matches!(may, May::Stop(_)) && !now.is_final() => false,
            Status::Queued => was == Status::Queued,
            Status::Running | Status::Paused => known.issued,
            Status::Complete => {
                known.issued && (self.learns != Learns::Nothing || (stopped && on_engine))
            }
            Status::Failed(fault) => match fault.kind {
                FaultKind::Timeout if may == May::Perhaps => true,
                FaultKind::Terminated | FaultKind::Timeout => may == May::Stop(fault.kind),
                FaultKind::Withdrawn => false,
                _ => {
                    self.planned && known.issued && (self.learns == Learns::ByInterrupt || stopped)
                }
            },
            Status::Unknown => false,
        }
    }

    fn look(&mut self, at: usize, now: Status) {
        let known = &mut self.known[at];
        if now.is_final() && !known.status.is_final() {
            let (completed, failed) = &mut self.ended;
            *(if now == Status::Complete { completed } else { failed }) += 1;
        }
        known.status = now;
        let Some(flight) = &known.flight else { return };
        let residue = flight.residue();
        assert!(residue <= known.residue, "{now:?}: {residue} after {}", known.residue);
        if now == Status::Paused {
            assert_eq!(flight.residue(), residue, "it stands still");
        }
        if now == Status::Queued {
            assert_eq!(residue, u64::try_from(known.bytes.len()).unwrap());
        }
        if now == Status::Complete {
            assert_eq!(residue, 0);
        }
        known.residue = residue;
    }

    /// The queue as a whole.
    fn check(&self, op: Op) {
        let open = || self.known.iter().filter(|known| !known.status.is_final());
        let on_engine: Vec<&Known<'_, '_>> =
            open().filter(|known| known.status != Status::Queued).collect();
        let head = open().find(|known| known.issued);
        assert!(on_engine.len() <= 1, "{op:?}");
        match (on_engine.first(), head) {
            (Some(running), Some(head)) => {
                assert_eq!(running.cookie, head.cookie, "{op:?}: out of turn");
                let expected = if self.paused { Status::Paused } else { Status::Running };
                assert_eq!(running.status, expected, "{op:?}");
            }
            (None, Some(_)) => assert!(self.paused, "{op:?}: nothing runs, and something could"),
            (Some(_), None) => panic!("{op:?}: runs without having been issued"),
            (None, None) => {}
        }
        let info = self.channel().info();
        assert_eq!(info.running, on_engine.first().map(|known| known.cookie));
        let counters = info.counters;
        assert_eq!((counters.completed, counters.failed), self.ended, "{op:?}");
        let earliest = open().map(|known| known.deadline).min().unwrap_or(Instant::NEVER);
        assert_eq!(self.rig.engine.next_deadline(), earliest);
    }
}

/// A copy in blocks of [`BLOCK`] bytes.
fn prepare<'a>(rig: &Rig<'a>, channel: &Channel<'_, &'a Probe<'a>>, bytes: &[u8]) -> Copy<'a> {
    let (from, to) = (rig.buffer(bytes.len()), rig.buffer(bytes.len()));
    from.copy_from_slice(bytes);
    let storage: &mut [[Entry; 1]; 2] = Box::leak(Box::new([[Entry::EMPTY; 1]; 2]));
    let [s, d] = storage;
    let source = SgTable::one(s, &*from).unwrap().map(ToDevice, &rig.device()).unwrap();
    let destination = SgTable::one(d, to).unwrap().map(FromDevice, &rig.device()).unwrap();
    let limits = channel.constraints().with_max_segment(BLOCK).unwrap();
    rig.small_frame(4).copy(source, destination, &limits).unwrap()
}
