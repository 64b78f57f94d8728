"""Exercises of lesson 06, domain-adversarial networks."""

from .check import Exercise, Mistake
from .probes06 import (
    balanced_error,
    both_ways,
    chosen,
    differ,
    distance_by,
    distances,
    epochs,
    four_bools,
    frames_with,
    gradients,
    kept_by,
    losses,
    plain_error,
    risk,
    schedule,
    target_alone,
    total_loss,
    turned_forward,
    well_chosen,
)

EXERCISES = (
    Exercise(
        id="nb06.q1",
        title="Who may know what?",
        reference=lambda: (True, False, True, True),
        probe=four_bools,
        right="Which run a frame is from is known of every frame, for nothing. Whether it is a hit "
        "is known of the source alone.",
        mistakes=(
            Mistake(
                "target labels used",
                lambda: (True, True, True, True),
                "You let the training know which target frames are hits. That is lesson 04 again, "
                "and no help for a run that nobody has labelled.",
                "Which argument of fit_dann could carry a label of the target?",
                fits=lambda found: found[1],
            ),
            Mistake(
                "domain labels taken for labels of hits",
                lambda: (True, False, True, False),
                "Not to know the hits of the target is not to know nothing of it. The domain "
                "head needs frames of both runs, and its truth stands in the name of the file.",
                "Who has to look at a frame to say which run it is from?",
                fits=lambda found: found[0] and not (found[2] and found[3]),
            ),
            Mistake(
                "source labels left out",
                lambda: (False, False, True, True),
                "Without labels of the source nothing says what a hit is. A base that only "
                "hides the run may throw away the spots as well.",
                "Which features would hide the run best of all?",
                fits=lambda found: not found[0],
            ),
        ),
    ),
    Exercise(
        id="nb06.q2",
        title="Reverse a gradient",
        reference=lambda: lambda x, gradient, lambda_: (x, -lambda_ * gradient),
        probe=both_ways,
        right="Forward nothing happens, so the domain head sees the true features. Only what comes "
        "back is turned and scaled.",
        mistakes=(
            Mistake(
                "reversed forward too",
                lambda: lambda x, gradient, lambda_: (-lambda_ * x, -lambda_ * gradient),
                "Your layer turns the features too, and what it sends back is then the true "
                "gradient of such a layer. Two turns cancel, and the base helps the domain head.",
                "Put -x into a head and turn the gradient: what is the sign of the product?",
                fits=turned_forward,
            ),
            Mistake(
                "sign not turned",
                lambda: lambda x, gradient, lambda_: (x, lambda_ * gradient),
                "What comes back is scaled but not turned. The base then lowers the domain loss "
                "together with the domain head, and learns features that show the run all the "
                "better.",
                "With this layer, where does the domain accuracy go in training: to 0.5 or to 1?",
            ),
            Mistake(
                "lambda forgotten",
                lambda: lambda x, gradient, lambda_: (x, -gradient),
                "The gradient is turned, but always at full strength. At the start, where lambda "
                "is 0, the base would already fight a domain head that knows nothing.",
                "What should the base feel of the domain head in the first step?",
            ),
            Mistake(
                "nothing reversed",
                lambda: lambda x, gradient, lambda_: (x, gradient),
                "This passes both ways unchanged, like no layer at all. Base and domain head work "
                "together, and the two runs drift further apart in the features.",
                "Who are the two opponents, and what makes them so?",
            ),
        ),
    ),
    Exercise(
        id="nb06.q3",
        title="Two heads, one loss",
        reference=total_loss,
        probe=losses,
        right="Two losses are added, one of source labels, one of runs. The turn is made in the "
        "layer, and the label of a target frame is not needed anywhere.",
        mistakes=(
            Mistake(
                "target labels used",
                lambda: total_loss(labels=True),
                "Your loss changes when the labels of the target are exchanged. It must not even "
                "read them: tonight's run has none.",
                "What would you pass for y_target at the beamline?",
                fits=differ,
            ),
            Mistake(
                "losses subtracted",
                lambda: total_loss(sign=-1),
                "You subtract the domain loss, but the reversal layer turns its gradient already. "
                "Turned twice, the base helps the domain head; and that head itself would now "
                "learn to guess wrong.",
                "Which weights lie behind the reversal, and what should they do with their loss?",
            ),
            Mistake(
                "runs exchanged",
                lambda: total_loss(target=0),
                "p is the probability of the target, and your loss punishes it on the target's own "
                "frames. The domain head learns the opposite of what its output is called.",
                "A target frame with p = 0.99: should its loss be small or large?",
            ),
            Mistake(
                "domain loss of the target alone",
                lambda: target_alone,
                "Your domain loss knows target frames only. A head that says target to all has "
                "no loss at all, and nothing is left to hide from it.",
                "Which constant answer makes this domain loss zero?",
            ),
        ),
    ),
    Exercise(
        id="nb06.q4",
        title="When to stop",
        reference=lambda: kept_by(lambda label, domain, _: risk(label, domain)),
        probe=epochs,
        right="Two terms that need no target label: the error at home and what still tells the "
        "runs apart. The third term of the bound stays unknown.",
        mistakes=(
            Mistake(
                "target labels used",
                lambda: kept_by(lambda label, domain, merit: -merit),
                "Your choice of the epoch changes with the target's labels. A score of such an "
                "epoch shows what could be reached at best, not what somebody without labels gets.",
                "The lesson prints the merit of every epoch. For whom, and when?",
                fits=differ,
            ),
            Mistake(
                "counted from 0",
                lambda: lambda *story: kept_by(lambda a, b, _: risk(a, b))(*story) - 1,
                "This is the position in the list, which begins at 0. Epochs are counted from 1 in "
                "the history and in every figure of the lesson.",
                "What is the number of the first epoch in a history?",
            ),
            Mistake(
                "source loss alone",
                lambda: kept_by(lambda label, domain, _: label),
                "You looked at the label head on the source only. The epoch that is best at home "
                "may show the run in its features as clearly as ever.",
                "Which epoch would a training without any domain head keep by this rule?",
            ),
            Mistake(
                "domain loss alone",
                lambda: kept_by(lambda label, domain, _: -domain),
                "You kept the epoch with the most confused domain head. Confused can also mean "
                "that the features hold nothing any more, no hits either.",
                "Features that are always zero: what do the two heads score?",
            ),
            Mistake(
                "floor missing",
                lambda: kept_by(lambda label, domain, _: label - domain),
                "A domain loss above that of guessing gives you a bonus. To be wrong, but sure, "
                "does not make the runs more alike than alike.",
                "What does a domain loss of 2 say of the distance, compared with 0.69?",
            ),
        ),
    ),
    Exercise(
        id="nb06.q5",
        title="Frames for AdaBN",
        reference=lambda: frames_with(lambda share: share),
        probe=chosen,
        accepts=well_chosen,
        right="Spots, not labels, made the share of hits that of the source. It rests on a guess: "
        "that a count of spots tells hits from misses in the new run too.",
        mistakes=(
            Mistake(
                "frames taken twice",
                lambda: lambda spots, *rest: [0] * 100 + list(range(100)),
                "Some frames are in your choice more than once. They then count twice in mean and "
                "spread, and there are fewer different frames than it seems.",
                "How many frames do you have if you repeat one a hundred times?",
                fits=lambda found: found[1] < found[2],
            ),
            Mistake(
                "share of the target kept",
                lambda: lambda spots, least, share, n: range(n),
                "These frames hold as many likely hits as the target itself. Its statistics then "
                "carry the target's share of hits into the verdicts, which was to be avoided.",
                "Which line of the figure with the dial of shares does this choice stand on?",
                fits=lambda found: 0.3 < found[0] < 0.65,
            ),
            Mistake(
                "no hits at all",
                lambda: frames_with(lambda share: 0),
                "There is no likely hit among your frames. The source's statistics were made with "
                "some, so the spread comes out too small now and noise stands out too much.",
                "What does the lesson's dial show at a share of 0: which of the two rates is high?",
                fits=lambda found: found[0] == 0,
            ),
            Mistake(
                "hits and misses exchanged",
                lambda: frames_with(lambda share: 1 - share),
                "Most of your frames look like hits. Their many spots widen the spread of every "
                "filter, and after division by it a spot hardly stands out.",
                "A hit has more spots than a miss: which way does the comparison go?",
                fits=lambda found: found[0] >= 0.65,
            ),
        ),
    ),
    Exercise(
        id="nb06.g1",
        title="What reaches the base",
        reference=lambda: lambda label, domain, p: label - schedule(p) * domain,
        probe=gradients,
        right="The label's gradient arrives as it is, the domain's turned and weighed by how far "
        "the training has come.",
        mistakes=(
            Mistake(
                "domain gradient added",
                lambda: lambda label, domain, p: label + schedule(p) * domain,
                "You add what comes from the domain head, so the base learns to show the run. It "
                "has passed the reversal: its sign is turned.",
                "Does the base want the domain loss to fall?",
            ),
            Mistake(
                "everything reversed",
                lambda: lambda label, domain, p: -schedule(p) * (label + domain),
                "The label's gradient is turned here too. The reversal stands in the domain head "
                "only; the base should get better at finding hits.",
                "Follow the arrows in the drawing of the DANN: what does the label loss pass?",
            ),
            Mistake(
                "lambda forgotten",
                lambda: lambda label, domain, p: label - domain,
                "The domain head acts at full strength from the first step on, where its gradient "
                "means nothing. The schedule is missing.",
                "What is lambda when the training starts?",
            ),
            Mistake(
                "schedule starts at one half",
                lambda: lambda label, domain, p: label - (1 + schedule(p)) / 2 * domain,
                "Your lambda begins at 0.5. This is the logistic function; the schedule stretches "
                "and moves it so that it begins at 0 and still ends near 1.",
                "Put p = 0 into your formula by hand.",
            ),
        ),
    ),
    Exercise(
        id="nb06.g2",
        title="Proxy A-distance",
        reference=lambda: distance_by(balanced_error),
        probe=distances,
        right="From 0, no better than guessing, to 2, always right, and independent of how many "
        "frames each run has.",
        mistakes=(
            Mistake(
                "accuracy taken for the error",
                lambda: distance_by(lambda said, truth: 1 - balanced_error(said, truth)),
                "You put the share of right verdicts where the share of wrong ones belongs. The "
                "more easily the runs are told apart, the smaller your distance.",
                "A classifier that is always right: which distance does the formula give?",
            ),
            Mistake(
                "frames counted alike",
                lambda: distance_by(plain_error),
                "Your error is the share of all frames. As the source has three times as many, a "
                "classifier that always says source would already seem to see a distance.",
                "What is the plain error of always saying source, with 300 and 100 frames?",
            ),
            Mistake(
                "below zero",
                lambda: distance_by(balanced_error, floor=-2),
                "Your distance can be negative. A classifier worse than guessing was unlucky; it "
                "does not show that the runs are closer than equal.",
                "Which error gives distance 0, and what does a larger error mean?",
            ),
        ),
    ),
)
