/**
 * What Meta calls us with, as far as we read it:
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export interface WebhookBody {
  readonly object?: string;
  readonly entry?: readonly {
    readonly changes?: readonly { readonly field?: string; readonly value?: WebhookValue }[];
  }[];
}

export interface WebhookValue {
  readonly metadata?: { readonly display_phone_number?: string; readonly phone_number_id?: string };
  readonly contacts?: readonly WebhookContact[];
  readonly messages?: readonly WebhookMessage[];
  readonly statuses?: readonly WebhookStatus[];
}

export interface WebhookContact {
  readonly profile?: { readonly name?: string; readonly username?: string };
  /** Phone number as digits. Missing when the person goes by a username. */
  readonly wa_id?: string;
  /** Business-scoped id, such as "US.13491208655302741918". */
  readonly user_id?: string;
}

export interface WebhookMedia {
  readonly id?: string;
  readonly mime_type?: string;
  readonly caption?: string;
  readonly filename?: string;
  readonly voice?: boolean;
}

export interface WebhookContent {
  readonly type?: string;
  readonly text?: { readonly body?: string };
  readonly image?: WebhookMedia;
  readonly video?: WebhookMedia;
  readonly audio?: WebhookMedia;
  readonly document?: WebhookMedia;
  readonly sticker?: WebhookMedia;
  readonly location?: {
    readonly latitude?: number;
    readonly longitude?: number;
    readonly name?: string;
    readonly address?: string;
  };
  readonly contacts?: readonly {
    readonly name?: { readonly formatted_name?: string };
    readonly org?: { readonly company?: string };
    readonly phones?: readonly { readonly phone?: string }[];
    readonly emails?: readonly { readonly email?: string }[];
  }[];
  readonly interactive?: {
    readonly type?: string;
    readonly button_reply?: { readonly id?: string; readonly title?: string };
    readonly list_reply?: { readonly id?: string; readonly title?: string };
    readonly nfm_reply?: { readonly body?: string; readonly response_json?: string };
  };
  readonly button?: { readonly payload?: string; readonly text?: string };
  readonly order?: {
    readonly text?: string;
    readonly product_items?: readonly { readonly product_retailer_id?: string; readonly quantity?: number }[];
  };
  readonly errors?: readonly { readonly code?: number; readonly title?: string }[];
}

export interface WebhookMessage extends WebhookContent {
  readonly id?: string;
  readonly from?: string;
  readonly from_user_id?: string;
  readonly group_id?: string;
  /** Epoch seconds. */
  readonly timestamp?: string;
  readonly context?: { readonly id?: string; readonly from?: string };
  readonly reaction?: { readonly message_id?: string; readonly emoji?: string };
  readonly edit?: { readonly original_message_id?: string; readonly message?: WebhookContent };
  readonly revoke?: { readonly original_message_id?: string };
}

export interface WebhookStatus {
  readonly id?: string;
  readonly status?: string;
  readonly recipient_id?: string;
  readonly biz_opaque_callback_data?: string;
  readonly errors?: readonly { readonly code?: number; readonly title?: string }[];
}
