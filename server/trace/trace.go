// Package trace tells an OpenTelemetry collector where the time of a request or a job goes:
// spans for requests, jobs, agencies' answers, calls of Kratos and transactions. Without a
// collector there is no [Tracer], and a span costs a look into a context.
//
// Names and attributes are those of routes, kinds, operations, agencies and statuses. No
// span has anything of a person: no id, no address, no text of an error.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation.
const scope = "mingjing/server"

// A Tracer sends spans to a collector. A nil Tracer makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Open returns a tracer that sends to the collector at an endpoint by OTLP over HTTP, such
// as http://collector:4318; nil for "". What else the specification of OpenTelemetry says
// by variables of the environment holds as well: headers, sampling, limits and the name of
// the service. An error of the export is logged, and delays nothing.
func Open(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracer, error) {
	if endpoint == "" {
		return nil, nil
	}
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "mingjing"),
		attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("send traces", "err", err) }))
	p := sdk.NewTracerProvider(sdk.WithBatcher(to), sdk.WithResource(about))
	return &Tracer{p, p.Tracer(scope)}, nil
}

// Flush sends the spans that have ended.
func (t *Tracer) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.ForceFlush(ctx)
}

// Close sends the spans that have ended, and makes no more.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Begin begins a trace: the span of a request, or of a job.
func (t *Tracer) Begin(ctx context.Context, name string, request bool) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	kind := trace.SpanKindInternal
	if request {
		kind = trace.SpanKindServer
	}
	ctx, s := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithNewRoot())
	return ctx, &Span{s}
}

// Start begins a span within that of ctx, and none where ctx has none. calls says that
// another program does what is measured.
func Start(ctx context.Context, name string, calls bool) (context.Context, *Span) {
	within := trace.SpanFromContext(ctx)
	if !within.IsRecording() {
		return ctx, nil
	}
	kind := trace.SpanKindInternal
	if calls {
		kind = trace.SpanKindClient
	}
	ctx, s := within.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, &Span{s}
}

// Start begins a span within that of ctx, or a trace of its own where ctx has none: of what
// is done beside the request or job that wanted it.
func (t *Tracer) Start(ctx context.Context, name string, calls bool) (context.Context, *Span) {
	if ctx, s := Start(ctx, name, calls); s != nil {
		return ctx, s
	}
	return t.Begin(ctx, name, false)
}

// A Span is a part of a trace. A nil Span is none.
type Span struct{ span trace.Span }

// Rename sets the name, where it is known only later.
func (s *Span) Rename(name string) {
	if s != nil {
		s.span.SetName(name)
	}
}

// Set sets an attribute, a text or a number.
func (s *Span) Set(name string, value any) {
	if s == nil {
		return
	}
	switch v := value.(type) {
	case string:
		s.span.SetAttributes(attribute.String(name, v))
	case int:
		s.span.SetAttributes(attribute.Int(name, v))
	default:
		panic(fmt.Sprintf("trace: an attribute is a %T", value))
	}
}

// End ends the span. What went wrong is not told, but that something did.
func (s *Span) End(failed bool) {
	if s == nil {
		return
	}
	if failed {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// TraceID returns the id of the trace, "" for none.
func (s *Span) TraceID() string {
	if s == nil || !s.span.SpanContext().IsSampled() {
		return ""
	}
	return s.span.SpanContext().TraceID().String()
}
