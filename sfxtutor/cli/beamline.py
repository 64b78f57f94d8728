"""Commands of the beamline: screen files, look at scores, train a model, stream."""

import sys

FILES = "idh5, CXI, NeXus, SACLA, CBF, TIFF or EDF; a folder, a pattern or a list (.lst) of them"
DATASET = "of the frames in HDF5 files of no known format, such as data/data or /%%/data"
FOLLOW = "go on with frames that are added to the files, until none came for so many seconds"
GEOMETRY = "where the panels are, and bad regions: a geometry file of CrystFEL (.geom)"
NO_SEARCH = "only a mask tells bad pixels; none are looked for in the frames"


def add_commands(commands):
    """Add `screen`, `look`, `train-screener`, `send` and `stream` to the subparsers of argparse."""
    _add_screen(commands)
    _add_look(commands)
    _add_train(commands)
    _add_tune(commands)
    _add_stream(commands)


def _add_screen(commands):
    screen = commands.add_parser("screen", help="score every frame of files")
    screen.add_argument("files", nargs="+", metavar="FILE", help=FILES)
    screen.add_argument("--out", default="scores.csv", help="the scores, one line a frame")
    _add_reading(screen)
    screen.add_argument("--follow", type=float, metavar="SECONDS", help=FOLLOW)
    screen.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that runs")
    screen.add_argument("--report", metavar="FILE", help="a page (HTML) to look at the scores")
    screen.add_argument("--parquet", metavar="FILE", help="the scores as Parquet, too")
    screen.add_argument("--events", metavar="FILE", help="the hits as a list for CrystFEL")
    screen.add_argument("--hits", metavar="FILE", help="an HDF5 file (CXI) of the hits alone")
    screen.add_argument("--copy", action="store_true", help="copy the hits' pixels, not link them")
    screen.add_argument(
        "--keep-misses",
        type=float,
        default=0,
        metavar="SHARE",
        help="of the misses, drawn at random, that are kept with the hits (0)",
    )
    screen.add_argument("--seed", type=int, default=0, help="of that draw (0)")
    screen.set_defaults(command=_screen)


def _add_reading(command):
    """Add the options of what is read, and of the model that scores it."""
    command.add_argument("--dataset", metavar="PATH", help=DATASET)
    command.add_argument(
        "--model",
        default="peaks",
        help="peaks (whole frames of any detector), rwd (as in the paper, of central crops), cnn "
        "(after `train-screener --model cnn`), a .onnx or .keras file",
    )
    command.add_argument("--mask", help="good pixels: .npy, .npz, HDF5, CBF or a DIALS mask")
    command.add_argument("--geometry", metavar="FILE", help=GEOMETRY)
    command.add_argument("--no-bad-pixel-search", action="store_true", help=NO_SEARCH)
    command.add_argument("--threshold", type=float, help="p_hit from which a frame is a hit")
    command.add_argument("--workers", type=int, default=1, help="processes, a core each (1)")


def _add_look(commands):
    look = commands.add_parser("look", help="a page with pictures: whether to trust the scores")
    look.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="scores (.csv) of `screen`, and behind them the files that have moved since; or files "
        "to be screened first",
    )
    look.add_argument("--out", default="run.html", help="the page (run.html)")
    _add_reading(look)
    look.set_defaults(command=_look)


def _add_train(commands):
    train = commands.add_parser("train-screener", help="make a model of `screen`")
    train.add_argument("--model", choices=("peaks", "rwd", "cnn"), default="peaks")
    train.add_argument("--out", help="the .keras file; default: one in the cache")
    train.add_argument(
        "--beamlines", type=int, help="imaginary ones (peaks: 3000, rwd: 2400, cnn: 600)"
    )
    train.add_argument("--seed", type=int, default=0)
    train.set_defaults(command=_train)


def _add_tune(commands):
    tune = commands.add_parser("tune", help="fit the model of peaks to a run, by a few labels")
    tune.add_argument("file", metavar="FILE", help="the run, as for `screen`")
    tune.add_argument("--labels", required=True, metavar="FILE", help="lines `FILE [FRAME] HIT`")
    tune.add_argument("--out", default="tuned.onnx", help="the model, for `screen --model`")
    tune.add_argument("--model", default="peaks", help="that is fitted (peaks)")
    tune.add_argument("--mask", help="as for `screen`")
    tune.add_argument("--dataset", metavar="PATH", help="as for `screen`")
    tune.add_argument("--geometry", metavar="FILE", help="as for `screen`")
    tune.set_defaults(command=_tune)


def _add_stream(commands):
    send = commands.add_parser("send", help="send frames at a set rate, as a detector does")
    send.add_argument("run", metavar="RUN", help="LN83, LN84 or LO19 (a twin), or a file")
    send.add_argument("--to", required=True, metavar="ADDRESS", help="such as tcp://*:5555")
    send.add_argument("--rate", type=float, default=120, help="frames per second (120)")
    send.add_argument("--burst", type=int, default=1, help="frames sent back to back (1)")
    send.add_argument("--frames", type=int, help="how many; default: as many as the run has")
    send.add_argument("--seed", type=int, default=0, help="of a twin (0)")
    send.set_defaults(command=_send)
    stream = commands.add_parser("stream", help="score frames as they arrive")
    stream.add_argument(
        "--from", required=True, metavar="ADDRESS", dest="address", help="tcp://HOST:PORT"
    )
    stream.add_argument("--out", default="scores.csv", help="a new file, one line a frame")
    stream.add_argument("--model", default="peaks", help="as for `screen` (peaks)")
    stream.add_argument("--mask", help="good pixels; default: found in the first frames")
    stream.add_argument("--geometry", metavar="FILE", help=GEOMETRY)
    stream.add_argument("--no-bad-pixel-search", action="store_true", help=NO_SEARCH)
    stream.add_argument("--threshold", type=float, help="p_hit from which a frame is a hit")
    stream.add_argument("--idle", type=float, default=30, help="seconds of silence, the end (30)")
    stream.add_argument("--queue", type=int, default=64, help="frames that may wait (64)")
    stream.add_argument(
        "--format",
        default="auto",
        help="sfxtutor, dectris1, dectris2, slsdet; auto: told by the first message (auto)",
    )
    stream.add_argument(
        "--socket",
        default="auto",
        help="pull, of a source that pushes, or sub, of one that publishes; auto: by the format",
    )
    stream.add_argument("--wait", type=float, default=60, help="seconds for the first frame (60)")
    stream.set_defaults(command=_stream)


def _screen(options):
    from ..beamline.screen.screen import ExtraOutputs, screen

    also = ExtraOutputs(options.parquet, options.events, options.hits, options.copy,
                        options.keep_misses, options.seed, options.report)  # fmt: skip
    summary = screen(options.files, options.out, options.model, options.mask, options.threshold,
                     workers=options.workers, scheduler=options.scheduler, also=also,
                     dataset=options.dataset, search=not options.no_bad_pixel_search,
                     follow=options.follow, geometry=options.geometry)  # fmt: skip
    print(summary)
    return 0 if summary.scored else 1


def _look(options):
    from ..support.disk import expanded

    first, *others = map(expanded, options.files)
    if first.lower().endswith(".csv"):
        print(_look_at(first, options, others))
        return 0
    return _screen_and_look(options)


def _look_at(scores, options, moved=(), source=None):
    """Make the page of scores: `Looked`."""
    from ..beamline.look.look import look
    from ..beamline.look.sheet import Reading
    from ..beamline.model.screener import Screener
    from ..support.disk import expanded

    reading = Reading(expanded(options.mask), options.dataset, expanded(options.geometry),
                      not options.no_bad_pixel_search, moved)  # fmt: skip
    screener = Screener(expanded(options.model), options.threshold)
    return look(scores, expanded(options.out), screener, reading, source)


def _screen_and_look(options):
    """Screen files into scores that are not kept, and make their page."""
    import tempfile
    from pathlib import Path

    from ..beamline.look.look import check_place
    from ..beamline.screen.screen import screen
    from ..support.disk import expanded

    check_place(Path(expanded(options.out)), options.files)  # screening may take hours
    with tempfile.TemporaryDirectory() as folder:
        scores = Path(folder) / "scores.csv"
        summary = screen(options.files, scores, options.model, options.mask, options.threshold,
                         workers=options.workers, dataset=options.dataset,
                         search=not options.no_bad_pixel_search,
                         geometry=options.geometry)  # fmt: skip
        looked = _look_at(scores, options, source="screened for this page and not kept")
    print(
        f"{summary.scored} of {summary.frames} frames scored in {summary.seconds:.1f} s; {looked}"
    )
    return 0 if summary.scored else 1


def _send(options):
    from ..beamline.stream.source import send
    from ..runs.open import open_run
    from ..support.disk import expanded

    run = open_run(expanded(options.run), seed=options.seed)
    sent = send(run, options.to, options.rate, options.burst, options.frames)
    print(sent)
    return 130 if sent.interrupted else 0


def _stream(options):
    from ..beamline.stream.receiver import Connection
    from ..beamline.stream.stream import stream
    from ..support.disk import printable

    def watch(report):
        if sys.stderr.isatty():
            print(f"\r{report.line():<110}", end="\n" * bool(report.ended), file=sys.stderr)

    report = stream(options.address, options.out, options.model, options.mask, options.threshold,
                    options.idle, options.queue, watch,
                    connection=Connection(options.format, options.socket, options.wait),
                    search=not options.no_bad_pixel_search,
                    geometry=options.geometry)  # fmt: skip
    print(f"{report} Scores: {printable(options.out)}.")
    if report.ended == "interrupted":
        return 130
    return 0 if report.scored else 1


def _tune(options):
    from ..beamline.model.tune import tune
    from ..support.disk import expanded

    files = (options.file, options.labels, options.out, options.mask, options.geometry)
    file, labels, out, mask, geometry = map(expanded, files)
    tuned = tune(file, labels, out, options.model, mask=mask, dataset=options.dataset,
                 geometry=geometry)  # fmt: skip
    print(tuned)


def _train(options):
    from ..support.disk import expanded

    out = expanded(options.out)
    if options.model == "peaks":
        from ..beamline.model.train_peaks import train_peaks

        print(train_peaks(out, options.beamlines, options.seed))
    else:
        from ..beamline.model.train import train

        print(train(options.model, out, options.beamlines, options.seed))
