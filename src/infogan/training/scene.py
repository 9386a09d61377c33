"""What a step of an update looks at: the state, the images, and what D and Q say of them."""

from collections.abc import Collection
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from infogan.codes.latent import Latent
from infogan.losses.adversarial import Adversarial, games
from infogan.networks.build import Verdict
from infogan.training.config import TrainConfig
from infogan.training.draws import Batch, Draws
from infogan.training.judging import judge
from infogan.training.schedule import Step
from infogan.training.state import State
from infogan.training.views import FOR_D, Views, views_of
from infogan.transforms.table import Units

Images = Float[Tensor, "n c h w"]


@dataclass(eq=False)
class Scene:
    """All that a term of a step may look at: the state, the images, and what D and Q say of them.

    `told` gathers what is worth logging, step after step.
    """

    state: State
    step: Step
    draws: Draws
    batch: Batch
    told: dict[str, Tensor]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    units: dict[str, Units] = field(default_factory=dict)

    @property
    def config(self) -> TrainConfig:
        """The run's config."""
        return self.state.config

    @property
    def latent(self) -> Latent:
        """The codes, learned priors being as they now are."""
        return self.state.latent

    @property
    def moves_g(self) -> bool:
        """Whether the step moves the generator."""
        return "G" in self.step.moves

    @property
    def views(self) -> Views:
        """Which changed copies of the real images are needed."""
        channels = self.batch.real.shape[1]
        return views_of(self.config.model.latent, self.config.augmentation, channels)

    @property
    def two_sided(self) -> Collection[str]:
        """The codes in which images and their copies must agree with each other."""
        return self.views.two_sided if self.config.loss.conditional_entropy_two_sided else ()

    @property
    def q(self) -> dict[str, Tensor]:
        """What Q says of each view."""
        return {name: verdict.q for name, verdict in self.verdicts.items()}

    @property
    def game(self) -> Adversarial:
        """The adversarial losses that the config names."""
        loss = self.config.loss
        return games(loss.log_bounds)[loss.adversarial]

    def d_logits(self, name: str) -> Float[Tensor, " n"]:
        """What D says of the `real` or of the `fake` images, as it was shown them."""
        return self.verdicts[self._shown(name)].d_logits

    def look(self, ask_d: Collection[str], ask_q: Collection[str]) -> None:
        """Have D and Q judge the images that each of them is asked about."""
        state, own = self.state, {"real": self.batch.real, "fake": self.batch.fake}
        shown = {self._shown(name): name for name in own if name in ask_d}
        images: dict[str, Images] = {n: own[n] for n in own if n in {*shown, *ask_q}}
        for name in self.views.views:
            if name in ask_q:
                view = self.views.views[name]
                images[name], self.units[name] = view.of(own["real"], state.rng, state.processes)
        for name in [name for name in shown if name not in images]:
            images[name] = self._changed(own[shown[name]])
        q_detached = self.config.loss.mi_gradient == "generator+q" and not self.moves_g
        how = q_detached, shown.keys(), ask_q, state.processes, state.placement.autocast
        self.verdicts = judge(state.discriminator, images, *how)

    def _shown(self, name: str) -> str:
        """The view of the real, or of the fake images that D is shown."""
        return f"{name}, for D" if self.config.loss.augment_d else name

    def _changed(self, images: Images) -> Images:
        """Some of the images changed, real and fake alike, so that D cannot know each by heart."""
        state = self.state
        part = self.config.loss.augment_d or 0.0
        return FOR_D.of(images, state.rng, state.processes, part)[0]
