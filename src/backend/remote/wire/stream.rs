//! A reply that comes piece by piece, as server-sent events: put together to what one whole reply would have said.

use super::body::{Completion, UsageBody};
use crate::backend::remote::fault::{Fault, FaultKind, error_message};

/// What the events come to.
#[derive(Debug, Default)]
pub(super) struct Streamed {
    pub(super) id: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) text: String,
    pub(super) finish_reason: Option<String>,
    pub(super) usage: Option<UsageBody>,
}

/// Joins the events of one choice.
///
/// A stream that ends without a reason to finish was cut, whatever came before.
pub(super) fn join(body: &[u8]) -> Result<Streamed, Fault> {
    let text = String::from_utf8_lossy(body);
    let mut joined = Streamed::default();
    let mut n_events = 0;
    for line in text.lines() {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else { continue };
        if data == "[DONE]" {
            break;
        }
        n_events += 1;
        let event: Completion = serde_json::from_str(data).map_err(|error| {
            Fault::new(FaultKind::IncompleteStream, format!("event {n_events} of the stream is no JSON ({error})"))
                .with_body(data.as_bytes())
        })?;
        let n_choices = event.choices.as_ref().map_or(0, Vec::len);
        if n_choices == 0
            && event.usage.is_none()
            && let Some(told) = error_message(data.as_bytes())
        {
            return Err(Fault::new(FaultKind::NoChoices, told).with_body(data.as_bytes()));
        }
        joined.id = joined.id.or(event.id);
        joined.fingerprint = joined.fingerprint.or(event.system_fingerprint);
        joined.usage = event.usage.or(joined.usage);
        for choice in event.choices.into_iter().flatten().filter(|choice| choice.index.unwrap_or(0) == 0) {
            if let Some(part) =
                choice.delta.as_ref().and_then(|delta| delta.content.as_str()).or(choice.text.as_deref())
            {
                joined.text.push_str(part);
            }
            joined.finish_reason = choice.finish_reason.or(joined.finish_reason);
        }
    }
    if n_events == 0 {
        return Err(Fault::new(FaultKind::NoChoices, "the stream holds no event").with_body(body));
    }
    if joined.finish_reason.is_none() {
        return Err(
            Fault::new(FaultKind::IncompleteStream, "the stream ends in the middle of the answer").with_body(body)
        );
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Tues\"}}]}\n\n: a comment\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"day\"},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

    #[test]
    fn the_pieces_make_the_whole() {
        let joined = join(WHOLE.as_bytes()).unwrap();
        assert_eq!((joined.text.as_str(), joined.finish_reason.as_deref()), ("Tuesday", Some("stop")));
        assert_eq!(joined.usage.and_then(|usage| usage.usage()).map(|usage| usage.completion_tokens), Some(2));
    }

    #[test]
    fn a_stream_cut_anywhere_before_its_end_is_no_answer() {
        let finish = WHOLE.find("\"finish_reason\"").unwrap();
        for cut in (0..finish).step_by(7) {
            assert!(join(&WHOLE.as_bytes()[..cut]).is_err(), "{cut}");
        }
        let error = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
        assert_eq!(join(error.as_bytes()).unwrap_err().detail, "overloaded");
    }
}
