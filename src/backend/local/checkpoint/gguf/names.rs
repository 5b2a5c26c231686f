//! The reference library's tensor names -> those of GGUF (llama.cpp, `gguf-py/gguf/tensor_mapping.py`).

/// `None` when the format has no such tensor.
pub(super) fn translated(architecture: &str, name: &str) -> Option<String> {
    let (stem, end) = match name.rsplit_once('.') {
        Some((stem, end @ ("weight" | "bias"))) => (stem, end),
        _ => return None,
    };
    let whole = match stem {
        "model.embed_tokens" | "gpt_neox.embed_in" | "wte" => Some("token_embd"),
        "wpe" => Some("position_embd"),
        "model.norm" | "gpt_neox.final_layer_norm" | "ln_f" => Some("output_norm"),
        "lm_head" | "embed_out" => Some("output"),
        "rope_freqs" => Some("rope_freqs"),
        _ => None,
    };
    if let Some(whole) = whole {
        return Some(format!("{whole}.{end}"));
    }
    let rest = ["model.layers.", "gpt_neox.layers.", "h."].iter().find_map(|prefix| stem.strip_prefix(prefix))?;
    let (layer, part) = rest.split_once('.')?;
    let norms_outputs = matches!(architecture, "gemma3" | "olmo2");
    let part = match part {
        "input_layernorm" | "ln_1" => "attn_norm",
        "post_attention_layernorm" if norms_outputs => "post_attention_norm",
        "post_attention_layernorm" | "pre_feedforward_layernorm" | "ln_2" => "ffn_norm",
        "post_feedforward_layernorm" => "post_ffw_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "self_attn.qkv_proj" | "attention.query_key_value" | "attn.c_attn" => "attn_qkv",
        "self_attn.o_proj" | "attention.dense" | "attn.c_proj" => "attn_output",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" | "mlp.gate_up_proj" | "mlp.dense_h_to_4h" | "mlp.c_fc" => "ffn_up",
        "mlp.down_proj" | "mlp.dense_4h_to_h" | "mlp.c_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{layer}.{part}.{end}"))
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn the_norm_after_attention_is_another_tensor_where_outputs_are_normed() {
        let name = "model.layers.3.post_attention_layernorm.weight";
        assert_eq!(translated("llama", name).as_deref(), Some("blk.3.ffn_norm.weight"));
        assert_eq!(translated("gemma3", name).as_deref(), Some("blk.3.post_attention_norm.weight"));
        assert_eq!(translated("gpt2", "h.0.attn.c_attn.bias").as_deref(), Some("blk.0.attn_qkv.bias"));
        assert_eq!(translated("llama", "model.layers.3.router.weight"), None);
    }
}
