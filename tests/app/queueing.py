"""Rooms with a clock of their own: a queue is played through, move by move, and everything that it does is checked."""

import heapq
import itertools
from collections import defaultdict, deque
from typing import NamedTuple

from app.chunks import Chunk
from app.jobs import Answer, Job, Move, Work
from app.queue import Queue


class Clock:
    """Seconds that pass when told."""

    now = 0.0

    def __call__(self):
        return self.now


def result_of(work):
    """A result that says which plan and which replicates it is of."""
    return tuple((work.job.key, replicate) for replicate in range(work.first, work.last))


class Heard:
    """What each session was told, with the time; jobs that tell it."""

    def __init__(self, clock):
        self.clock = clock
        self.answers = defaultdict(list)

    def job(self, key, last=500):
        return Job(key, last, self.hear)

    def hear(self, answer):
        self.answers[answer.session].append((self.clock.now, answer))

    def pictures(self, session):
        """Times of the first pictures."""
        return [at for at, answer in self.answers[session] if answer.first]


class Plain:
    """The control: one line for everything; a newer move cancels the older one and stands at the end."""

    def __init__(self, clock):
        self.clock, self.line, self.newest = clock, deque(), {}

    def put(self, session, job):
        self.line = deque(move for move in self.line if move.session != session)
        self.newest[session] = Move(session, job, 0, self.clock())
        self.line.append(self.newest[session])

    def take(self, timeout):
        if not self.line:
            return None
        move = self.line.popleft()
        return Work(move.session, move.job, move.at, min(move.at + 60, move.job.last), move, lambda: True)

    def done(self, work, result):
        move = work.move
        if self.newest[work.session] is not move:
            return
        move.at = work.last
        chunks, waited = (Chunk(work.first, work.last, result),), self.clock() - move.came
        move.job.answer(Answer(work.session, move.job, chunks, move.at, waited, None, lambda: True))
        if not move.over:
            self.line.append(move)


class Ran(NamedTuple):
    """A work as it was taken."""

    began: float
    ended: float
    session: object
    first: int
    last: int


def simulated(queue, clock, moves, *, seconds, workers=2, until=120.0):
    """Play moves (time, session, job) with workers that need so many seconds for a replicate; what ran, in its order."""
    order = itertools.count()
    events = [(at, next(order), "move", (session, job)) for at, session, job in moves]
    heapq.heapify(events)
    idle, ran = workers, []
    while events and events[0][0] <= until:
        clock.now, _, kind, what = heapq.heappop(events)
        if kind == "move":
            queue.put(*what)
        else:
            queue.done(what, result_of(what))
            idle += 1
        while idle and (work := queue.take(0)) is not None:
            idle -= 1
            ended = clock.now + (work.last - work.first) * seconds
            ran.append(Ran(clock.now, ended, work.session, work.first, work.last))
            heapq.heappush(events, (ended, next(order), "end", work))
    return ran


class Played:
    """A queue and a second account of what it must do, far simpler, as it looks at one thing at a time.

    Every operation asserts what must hold; sessions and keys are numbers.
    """

    def __init__(self, kind=Queue, **options):
        self.clock = Clock()
        self.queue = kind(self.clock, rest=0.0, **options)
        self.jobs = {}  # the newest of each session
        self.places = {}  # in the lane of first pictures
        self.vain = set()  # sessions whose place has been used once without an answer
        self.given = {}  # replicates of the newest job of each session
        self.over = set()
        self.hands = []
        self.count = itertools.count()
        self.wrong = None

    # ------------------------------------------------------------------------------------------------------- operations

    def put(self, session, key, last):
        job = Job(key, last, self.hear)
        before = self.jobs.get(session)
        runs = any(work.job is before for work in self.hands) and not self.given[session]
        if runs and session not in self.vain:
            self.vain.add(session)
        elif not self.waits(session):
            self.places[session] = next(self.count)
            self.vain.discard(session)
        self.jobs[session], self.given[session] = job, []
        self.over.discard(session)
        self.queue.put(session, job)
        self.heard_nothing_wrong()

    def leave(self, session):
        self.jobs.pop(session, None)
        self.queue.leave(session)

    def take(self):
        before = self.able()
        crowd = sum(map(self.waits, self.jobs))
        work = self.queue.take(0)
        if work is None:
            assert not before, f"{before} could begin"
            return
        assert work.job is self.jobs.get(work.session), "taken for a job that nobody wants"
        assert work.wanted()
        assert work.first == len(self.given[work.session]) < work.last <= work.job.last, "a chunk does not follow the last one"
        assert (work.job.key, work.first) not in [(one.job.key, one.first) for one in self.hands], "the same runs twice"
        firsts = {session for session in before if not self.given[session]}
        rested = firsts - {one.session for one in self.hands if one.first == 0}
        if work.first:
            assert not rested, "a refinement while a first picture can begin"
            assert work.last in {60, work.job.last} or work.last % 60 == 0
        else:
            assert work.session == min(firsts, key=self.turn), "a first picture out of its turn"
            assert work.last == min(12 if crowd >= 3 else 60, work.job.last)
        self.hands.append(work)

    def give_back(self, which, how):
        if not self.hands:
            return
        work = self.hands.pop(which % len(self.hands))
        before = {session: len(given) for session, given in self.given.items()}
        if how == "done":
            self.queue.done(work, result_of(work))
        elif how == "failed":
            self.queue.failed(work, RuntimeError("cannot be run"))
        else:
            self.queue.drop(work)
        self.heard_nothing_wrong()
        if how == "done" and self.jobs.get(work.session) is work.job:
            assert len(self.given[work.session]) >= work.last > before[work.session], "done, and not answered"

    def drain(self):
        """Work until nothing is left: everybody has all, whatever came before."""
        while self.hands:
            self.give_back(0, "done")
        for _ in range(1000):
            self.take()
            if not self.hands:
                break
            self.give_back(0, "done")
        for session, job in self.jobs.items():
            assert session in self.over or len(self.given[session]) == job.last, f"{session} is left without its pictures"

    # ------------------------------------------------------------------------------------------------------ what it sees

    def hear(self, answer):
        try:
            self.check(answer)
        except AssertionError as error:  # the queue takes it that the session has left
            self.wrong = self.wrong or error
            raise

    def heard_nothing_wrong(self):
        if self.wrong:
            raise self.wrong

    def check(self, answer):
        assert self.jobs.get(answer.session) is answer.job, "a job answers that nobody wants any more"
        assert answer.wanted()
        assert answer.session not in self.over, "an answer after the last one"
        given = self.given[answer.session]
        for chunk in answer.chunks:
            assert chunk.first == len(given), "a chunk does not follow the last one"
            given.extend(chunk.result)
        assert given == [(answer.job.key, replicate) for replicate in range(answer.pairs)], "results of something else"
        if answer.error is not None:
            self.over.add(answer.session)

    def waits(self, session):
        """Whether its first picture has not begun."""
        job = self.jobs.get(session)
        begun = session in self.over or bool(self.given.get(session)) or any(work.job is job for work in self.hands)
        return job is not None and not begun

    def turn(self, session):
        """Order among first pictures: who has one that runs already, wanted or not, lets the others go first."""
        return any(work.session == session and work.first == 0 for work in self.hands), self.places[session]

    def able(self):
        """Sessions for which something could run that does not run yet."""
        running = {(work.job.key, work.first) for work in self.hands}
        return {
            session
            for session, job in self.jobs.items()
            if session not in self.over
            and len(self.given[session]) < job.last
            and (job.key, len(self.given[session])) not in running
        }

    def look(self):
        """What the queue says of itself is what the other account says."""
        assert self.queue.waiting == sum(map(self.waits, self.jobs))


def play(operations, kind=Queue, **options):
    """Play operations (name, arguments …) and then work until nothing is left."""
    played = Played(kind, **options)
    for name, *arguments in operations:
        getattr(played, name)(*arguments)
        played.look()
    played.drain()
    return played
