"""Sentences that Home Assistant's conversation component understands.

They are texts of the translations, as templates of the component's recogniser. Their names of
goals, items, people and so on are the ones that exist, so that no sentence is taken from anybody
else that has nothing to do with them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final

from hassil.recognize import RecognizeResult
from hassil.util import normalize_text, remove_punctuation
from homeassistant.components.conversation import ConversationInput, get_agent_manager
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import UnknownUser
from homeassistant.helpers.translation import async_get_translations

from ..commands.access import NotPermittedError, async_speaker
from ..const import DOMAIN, option_path
from ..engine.core.feed import ADDED, CATALOGUE_CHANGED, DEFINITIONS, REMOVED, Change, Topic
from ..engine.core.files import StoreFailedError
from ..engine.core.registry import TwinRegistry
from ..engine.core.timers import Throttle
from ..engine.runtime import Runtime
from ..engine.wording import wording_of
from ..twin.enums import Language
from ..twin.errors import TwinError
from ..twin.goals.assessment import is_open
from ..twin.goals.goal import Goal
from ..twin.spoken import (
    NamedThing,
    Names,
    SentenceReader,
    called,
    named,
    recogniser_templates,
    sentence_templates,
)
from .answers import REPLIES, Said, SpokenRefusalError, Subject, can_be_marked
from .errors import async_spoken_message

# The most names of a kind: the component reads all of them at the first sentence after a change.
MOST_NAMES: Final = 300
SECONDS_BETWEEN_CHANGES: Final = 1.0

TOPICS: Final = (
    *(
        Topic(kind, None, name)
        for kind, names in {
            "goal": (ADDED, REMOVED, "name", "goal_code", DEFINITIONS),
            "person": (ADDED, REMOVED, "name", "quick_entries"),
            "home": (ADDED, REMOVED, "name"),
        }.items()
        for name in names
    ),
    CATALOGUE_CHANGED,
)

type Texts = Mapping[str, str]
type Things = Iterable[NamedThing[Subject]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """What a sentence means: the key of its answer, its language, and what differs in it."""

    key: str
    language: Language
    subjects: tuple[Subject, ...] = ()
    text: str = ""


class Sentences:
    """The sentences about the twins of the loaded entry, in all languages.

    All are one trigger of the component, so that no sentence is answered twice.
    """

    def __init__(
        self, hass: HomeAssistant, runtime: Runtime, texts: Mapping[Language, Texts]
    ) -> None:
        self._hass = hass
        self._runtime = runtime
        self._texts = texts
        self._sentences = {
            (key, language): sentence_templates(_text(of_language, "sentences", key))
            for key in REPLIES
            for language, of_language in texts.items()
        }
        self._readers = {
            (key, language): SentenceReader(templates, *self._polite((language,)))
            for (key, language), templates in self._sentences.items()
        }
        self._names: dict[tuple[str, Language], Names[Subject]] = {}
        self._templates: list[str] = []
        self._unregister: CALLBACK_TYPE | None = None
        self._throttle = Throttle(hass.loop, SECONDS_BETWEEN_CHANGES, self._refresh)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Have the sentences understood, with the present names; return what ends that."""
        self._refresh()
        end = self._runtime.feed.subscribe(TOPICS, self._changed)

        @callback
        def stop() -> None:
            end()
            self._throttle.stop()
            if self._unregister:
                self._unregister()
                self._unregister = None

        return stop

    def understand(self, text: str) -> Understood | None:
        """Return what a sentence means, None if it is none of ours."""
        said = remove_punctuation(normalize_text(text)).strip()
        for (key, language), reader in self._readers.items():
            for reading in reader.readings(said):
                if not reading.name:
                    return Understood(key=key, language=language, text=reading.free)
                kinds = {each.kind for each in self._sentences[key, language] if each.kind}
                found = [self._names[kind, language].find(reading.name) for kind in kinds]
                if subjects := tuple(dict.fromkeys(each for one in found for each in one)):
                    return Understood(
                        key=key, language=language, subjects=subjects, text=reading.free
                    )
        return None

    @callback
    def _changed(self, _changes: tuple[Change, ...]) -> None:
        self._throttle.mark()

    @callback
    def _refresh(self) -> None:
        self._names = {
            (kind, language): Names(islice(find(self._runtime.registry, texts), MOST_NAMES))
            for kind, find in KINDS_OF_NAMES.items()
            for language, texts in self._texts.items()
        }
        templates = [*self._recogniser_templates()]
        if templates == self._templates:
            return
        if self._unregister:
            self._unregister()
        self._templates = templates
        self._unregister = get_agent_manager(self._hass).register_trigger(
            templates, self._async_answer
        )

    def _recogniser_templates(self) -> Iterator[str]:
        """Return the templates of all sentences; those with the same names are put together."""
        for key in REPLIES:
            by_names: dict[str, list[Language]] = {}
            for language in self._texts:
                kinds = {each.kind for each in self._sentences[key, language] if each.kind}
                names = "|".join(self._names[kind, language].pattern for kind in sorted(kinds))
                by_names.setdefault(names, []).append(language)
            for names, languages in by_names.items():
                sentences = [
                    each for language in languages for each in self._sentences[key, language]
                ]
                yield from recogniser_templates(sentences, names, *self._polite(languages))

    def _polite(self, languages: Iterable[Language]) -> tuple[str, str]:
        """Return the words of politeness before and after a sentence."""
        before, after = (
            "|".join(_text(self._texts[language], "sentences", key) for language in languages)
            for key in ("before", "after")
        )
        return before, after

    async def _async_answer(self, said: ConversationInput, _result: RecognizeResult) -> str:
        """Answer a sentence; what is refused is said in words, and never a health value."""
        understood = self.understand(said.text)
        if understood is None:
            # The words of two languages, which the recogniser does not keep apart.
            return self._say(Language.ENGLISH, "not_understood")
        language = understood.language
        try:
            actor = await async_speaker(self._hass, self._runtime, said.context)
            return await REPLIES[understood.key](
                Said(
                    actor=actor,
                    words=wording_of(self._texts[language], language.value),
                    subjects=understood.subjects,
                    text=understood.text,
                )
            )
        except SpokenRefusalError as refusal:
            return self._say(language, refusal.key)
        except UnknownUser:
            return self._say(language, "unknown_reader")
        except (TwinError, NotPermittedError, StoreFailedError) as error:
            return await async_spoken_message(self._hass, language.value, error)

    def _say(self, language: Language, key: str) -> str:
        return _text(self._texts[language], "spoken", key)


async def async_start_sentences(hass: HomeAssistant, runtime: Runtime) -> CALLBACK_TYPE:
    """Have the sentences of all languages understood; return what ends that."""
    texts = {
        language: await async_get_translations(hass, language.value, "selector", {DOMAIN})
        for language in Language
    }
    return Sentences(hass, runtime, texts).async_start()


def _text(texts: Texts, selector: str, key: str) -> str:
    return texts.get(option_path(selector, key), key)


def _open_first(registry: TwinRegistry) -> list[Goal]:
    """Return the goals; those that are left out where there are too many come last."""
    return sorted(registry.goals.values(), key=lambda goal: (not is_open(goal), goal.goal_code))


def _goals(registry: TwinRegistry, _texts: Texts) -> Things:
    for goal in _open_first(registry):
        yield named(goal.name, Subject(goal.goal_id))
        yield named(goal.goal_code, Subject(goal.goal_id), inflected=False)


def _items(registry: TwinRegistry, _texts: Texts) -> Things:
    for goal in _open_first(registry):
        for one in goal.progress_metrics:
            if can_be_marked(one):
                yield named(one.name, Subject(goal.goal_id, one.key), inflected=False)
            for item in one.items:
                subject = Subject(goal.goal_id, one.key, item.id)
                yield named(item.name, subject, inflected=False)


def _entries(registry: TwinRegistry, _texts: Texts) -> Things:
    for person in registry.persons.values():
        for entry in person.quick_entries:
            yield named(entry.name, Subject(person.person_id, entry.key))


def _persons(registry: TwinRegistry, _texts: Texts) -> Things:
    for person in registry.persons.values():
        yield named(person.name, Subject(person.person_id))


def _homes(registry: TwinRegistry, _texts: Texts) -> Things:
    for home in registry.homes.values():
        yield named(home.name, Subject(home.home_id))


def _metrics(registry: TwinRegistry, texts: Texts) -> Things:
    for key, metric in registry.catalogue.items():
        subject = Subject("", key)
        if metric.name is not None:
            yield named(metric.name, subject)
        else:
            yield called(_text(texts, "metric_words", key), subject)


KINDS_OF_NAMES: Final[Mapping[str, Callable[[TwinRegistry, Texts], Things]]] = MappingProxyType(
    {
        "goal": _goals,
        "item": _items,
        "entry": _entries,
        "person": _persons,
        "home": _homes,
        "metric": _metrics,
    }
)
