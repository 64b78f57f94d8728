# The public names, and where each stands: read by lazy_loader and by editors.
from . import beyond as beyond
from .beamline.model.screener import Screener as Screener
from .beamline.screen.blocks import BLOCK_FRAMES as BLOCK_FRAMES
from .beamline.screen.cluster import local_cluster as local_cluster
from .beamline.screen.screen import ExtraOutputs as ExtraOutputs, screen as screen
from .beamline.stream.loopback import measure_stream as measure_stream
from .beamline.stream.messages import SOCKET_ROOM as SOCKET_ROOM
from .beamline.stream.receiver import Connection as Connection
from .beamline.stream.source import send as send
from .beamline.stream.stream import stream as stream
from .beyond import (
    budgets as budgets,
    claims_ensembles as claims_ensembles,
    ensembles as ensembles,
    pretraining as pretraining,
    weak_labels as weak_labels,
)
from .beyond.assembly import (
    bin_vectors as bin_vectors,
    merge_shots as merge_shots,
    orient_shots as orient_shots,
    r_factor as r_factor,
    random_orientations as random_orientations,
    virus_slices as virus_slices,
)
from .beyond.claims_particles import (
    particle_claims as particle_claims,
    particle_rows as particle_rows,
)
from .beyond.particle_plots import (
    plot_particle_budgets as plot_particle_budgets,
    plot_precision as plot_precision,
    plot_r_factors as plot_r_factors,
    plot_shots as plot_shots,
)
from .beyond.particles import (
    angular_spectrum as angular_spectrum,
    build_particle_cnn as build_particle_cnn,
    build_spectrum_net as build_spectrum_net,
    draw_labelled as draw_labelled,
    particle_images as particle_images,
    photons as photons,
    precision_of as precision_of,
    ring_correlation as ring_correlation,
    ring_profile as ring_profile,
    rings_of as rings_of,
    size_fit as size_fit,
)
from .cache.prepared import prepare as prepare
from .course import student as student
from .course.challenge import challenge as challenge
from .course.exercises.check import check as check
from .course.quiz import quiz as quiz
from .course.student import personal_seed as personal_seed
from .dann import (
    Dann as Dann,
    fit_dann as fit_dann,
    reversal_strength as reversal_strength,
    unlabelled_risk as unlabelled_risk,
)
from .domains import (
    adapt_batch_norm as adapt_batch_norm,
    features as features,
    foreign_neighbours as foreign_neighbours,
    outputs as outputs,
    proxy_a_distance as proxy_a_distance,
)
from .fast.graph import with_preprocessing as with_preprocessing
from .fast.kernels import (
    count_spots as count_spots,
    fast_binned as fast_binned,
    fast_lcn as fast_lcn,
    fast_rwd as fast_rwd,
)
from .layers import GradientReversal as GradientReversal
from .mask import Mask as Mask
from .metrics import (
    Counts as Counts,
    always_miss as always_miss,
    auc as auc,
    best_threshold as best_threshold,
    count as count,
    is_positive as is_positive,
    rate_text as rate_text,
    split as split,
    spot_count as spot_count,
    threshold_at as threshold_at,
    wilson as wilson,
)
from .models import (
    activation_map as activation_map,
    build_cnn as build_cnn,
    build_rwd_cnn as build_rwd_cnn,
    count_multiply_adds as count_multiply_adds,
    cut as cut,
    occlusion as occlusion,
    transfer_from as transfer_from,
)
from .paper import intervals as intervals
from .paper.claims import NOT_AT_95 as NOT_AT_95, claims as claims
from .plots.frames import (
    plot_ewald as plot_ewald,
    plot_examples as plot_examples,
    plot_frame as plot_frame,
    plot_histogram as plot_histogram,
    ring_radius as ring_radius,
)
from .plots.networks import plot_dann as plot_dann
from .plots.scores import (
    plot_history as plot_history,
    plot_rates as plot_rates,
    plot_table as plot_table,
)
from .plots.style import (
    COLOURS as COLOURS,
    LABEL_COLOURS as LABEL_COLOURS,
    show as show,
    style as style,
)
from .preprocess import (
    bin_max as bin_max,
    center_crop as center_crop,
    gcn as gcn,
    lcn as lcn,
    rwd as rwd,
)
from .results import (
    PAPER_TABLES as PAPER_TABLES,
    Table as Table,
    at_95 as at_95,
    counts_of as counts_of,
    paper_rows as paper_rows,
    reference_rows as reference_rows,
    reference_speeds as reference_speeds,
    references as references,
    row as row,
    save_results as save_results,
    table as table,
)
from .runs.datasets import DIALS_SPOTS as DIALS_SPOTS
from .runs.files.write import write_idh5 as write_idh5
from .runs.open import open_run as open_run
from .runs.run import Card as Card, Run as Run
from .runs.twin.crystal import (
    Crystal as Crystal,
    bragg_spots as bragg_spots,
    random_rotation as random_rotation,
)
from .runs.twin.merging import Merged as Merged, merge as merge
from .runs.twin.run import TwinRun as TwinRun
from .spots import find_spots as find_spots
from .support.findings import conclude as conclude, found as found
from .training import (
    Training as Training,
    class_weights as class_weights,
    fit as fit,
    predict as predict,
    profile as profile,
    set_seed as set_seed,
    throughput as throughput,
)
from .widgets.crystal_explorer import CrystalExplorer as CrystalExplorer
from .widgets.domain_gap import DomainGap as DomainGap
from .widgets.embedding_explorer import EmbeddingExplorer as EmbeddingExplorer
from .widgets.frame_inspector import FrameInspector as FrameInspector
from .widgets.label_by_eye import LabelByEye as LabelByEye
from .widgets.next_label import NextLabel as NextLabel
from .widgets.particle_explorer import ParticleExplorer as ParticleExplorer
from .widgets.payoff import Payoff as Payoff
from .widgets.real_or_generated import RealOrGenerated as RealOrGenerated
from .widgets.retraining import Retraining as Retraining
from .widgets.stream_monitor import StreamMonitor as StreamMonitor
from .widgets.threshold_explorer import ThresholdExplorer as ThresholdExplorer
from .widgets.training_monitor import TrainingMonitor as TrainingMonitor
from .widgets.where_it_looks import WhereItLooks as WhereItLooks

__version__: str
