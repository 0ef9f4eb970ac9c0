package authent

import (
	"net/http"

	"github.com/authent/authent/authent/internal/input"
	"github.com/authent/authent/authent/internal/page"
)

// getDevMail shows the mails that a development mailer keeps, to whoever sits at this
// machine: their links and codes work.
func (e *exchange) getDevMail() error {
	box, ok := e.cfg.Mailer.(DevMailbox)
	if !ok || input.Forwarded(e.r) || !input.IsLoopbackHost(e.r.Host) || !input.IsLoopbackHost(e.r.RemoteAddr) {
		return errUnknownPage
	}
	view := page.DevMailView{Frame: e.frame()}
	for _, m := range box.Mails() {
		view.Mails = append(view.Mails, page.DevMail{
			At: m.At, To: m.Mail.To, Subject: m.Subject, URL: string(m.Mail.URL), Code: string(m.Mail.Code), Text: string(m.Text),
		})
	}
	return e.html(http.StatusOK, page.DevMailbox, view)
}
