"""A voice and a loudspeaker that remember what they were to say; Home Assistant loads this."""

from typing import Any

from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature, MediaPlayerState
from homeassistant.components.tts import DATA_COMPONENT as VOICES
from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.core import HomeAssistant


class Voice(TextToSpeechEntity):
    """A voice that makes no sound."""

    _attr_name = "Test"
    _attr_default_language = "ar"
    _attr_supported_languages = ("ar", "en")

    async def async_get_tts_audio(self, *_: Any) -> tuple[str, bytes]:
        """Return silence."""
        return "wav", b""


class Speaker(MediaPlayerEntity):
    """A loudspeaker whose attribute holds what it has played."""

    _attr_name = "Test"
    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA
    _attr_state = MediaPlayerState.IDLE
    _played = ()

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return what was played."""
        return {"played": list(self._played)}

    async def async_play_media(self, media_id: str, **_: Any) -> None:
        """Remember what is played."""
        self._played = (*self._played, media_id)
        self.async_write_ha_state()


async def async_setup(hass: HomeAssistant, _config: dict[str, Any]) -> bool:
    """Add both."""
    await hass.data[VOICES].async_add_entities([Voice()])
    await hass.data["media_player"].async_add_entities([Speaker()])
    return True
